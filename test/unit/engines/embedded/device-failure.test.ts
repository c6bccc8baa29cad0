import { expect, test } from 'vitest';
import { asDeviceFailure, DeviceFailure } from '../../../../src/engines/embedded/device-failure.js';
import { InputError } from '../../../../src/errors.js';

const gpu = 'RTX 4060 (WebGPU)';
const next = 'Resume it on the processor.';

test.each([
  ['Error: webgpu_context.cc:180 WebGPU device lost (2): the driver was reset', 'has failed'],
  [
    "Non-zero status code returned while running Add node. Name:'' Status Message: Buffer is invalid",
    'too little memory',
  ],
  ['vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY', 'too little memory'],
])('%s: names the GPU and says what to do', (reason, what) => {
  const failure = asDeviceFailure(new Error(`${reason}\n    at x`), gpu, next);
  expect(failure).toBeInstanceOf(DeviceFailure);
  expect(failure).toMatchObject({
    message: expect.stringMatching(new RegExp(`^RTX 4060 \\(WebGPU\\) has .*${what}|^RTX 4060 .*${what}`)),
    hint: expect.stringContaining(next),
  });
  expect((failure as Error).message).not.toContain('\n');
});

test('on the processor, and for all other errors, nothing is blamed on a GPU', () => {
  const lost = new Error('WebGPU device lost');
  expect(asDeviceFailure(lost, null, next)).toBe(lost);
  const fault = new TypeError('x is not a function');
  expect(asDeviceFailure(fault, gpu, next)).toBe(fault);
  const known = new InputError('the loss is NaN in a buffer');
  expect(asDeviceFailure(known, gpu, next)).toBe(known);
});
