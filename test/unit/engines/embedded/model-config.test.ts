/** The spellings of config.json: each is read as transformers 5 reads it, or refused by its key. */
import { expect, test } from 'vitest';
import { parseModelConfig, toHuggingFaceConfig } from '../../../../src/engines/embedded/model/config.js';
import { loadCase } from './parity-case.js';

const {
  rope_theta: _theta,
  rope_parameters: _rope,
  ...plain
} = toHuggingFaceConfig(loadCase('tied-grouped').config);
const parse = (change: object) => parseModelConfig({ ...plain, ...change }, 'config.json');
const yarn = { rope_type: 'yarn', factor: 4 };

test.each([
  [{}, 10_000],
  [{ rope_theta: 500 }, 500],
  [{ rope_parameters: { rope_type: 'default', rope_theta: 500 } }, 500],
  [{ rope_parameters: { rope_type: 'default', rope_theta: 500 }, rope_theta: 7 }, 500],
  [{ rope_parameters: { rope_type: 'default' }, rope_theta: 7 }, 7],
  [{ rope_parameters: null, rope_theta: 7 }, 7],
  [{ rope_scaling: null, rope_parameters: { rope_theta: 500 } }, 500],
  [{ rope_scaling: {}, rope_parameters: { rope_theta: 500 } }, 500],
  [{ rope_scaling: { type: 'default' }, rope_parameters: { rope_theta: 500 } }, 10_000],
  [{ rope_scaling: { rope_theta: 9 }, rope_parameters: yarn, rope_theta: 7 }, 9],
  [{ rope_scaling: { rope_type: 'default', type: 'linear' }, rope_theta: 7 }, 7],
  [{ layer_types: ['full_attention', 'full_attention'] }, 10_000],
])('%j turns by the angles of transformers', (change, theta) => {
  expect(parse(change).ropeTheta).toBe(theta);
});

test.each([
  [{ rope_parameters: yarn }, /rope_parameters: the rope type is "yarn"/],
  [
    { rope_scaling: yarn, rope_parameters: { rope_type: 'default' } },
    /rope_scaling: the rope type is "yarn"/,
  ],
  [{ rope_scaling: { type: 'linear', factor: 2 } }, /rope_scaling: the rope type is "linear"/],
  [
    { rope_parameters: { rope_type: 'linear', type: 'default' } },
    /rope_parameters: the rope type is "linear"/,
  ],
  [{ rope_parameters: { full_attention: { rope_theta: 500 } } }, /rope_parameters\.full_attention/],
  [{ rope_scaling: { sliding_attention: { rope_theta: 500 } } }, /rope_scaling\.sliding_attention/],
  [{ rope_parameters: { rope_type: null } }, /rope_parameters\.rope_type/],
  [{ rope_parameters: { rope_theta: null } }, /rope_parameters\.rope_theta/],
  [{ rope_parameters: { rope_theta: -1 } }, /rope_parameters\.rope_theta/],
  [{ rope_theta: null }, /rope_theta/],
  [{ layer_types: ['full_attention', 'sliding_attention'] }, /layer_types has "sliding_attention"/],
])('%j is refused by its key', (change, message) => {
  expect(() => parse(change)).toThrow(message);
});
