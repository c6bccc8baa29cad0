import { describe, expect, it } from 'vitest';
import { countdownPrompt, verifyCountdown } from '../../../src/tasks/countdown.js';

const prompt = countdownPrompt([3, 7, 12], 27);

describe('countdownPrompt', () => {
  it('shows the numbers as given and names the problem whatever their order', () => {
    expect(prompt.text).toBe('3,7,12=27:');
    expect(countdownPrompt([12, 3, 7], 27).text).toBe('12,3,7=27:');
    expect(countdownPrompt([12, 3, 7], 27).id).toBe(prompt.id);
    expect(countdownPrompt([12, 3, 7], 28).id).not.toBe(prompt.id);
  });
});

describe('verifyCountdown', () => {
  const verdict = (numbers: number[], target: number, response: string) =>
    verifyCountdown(countdownPrompt(numbers, target), response);

  it.each([
    [[3, 7, 12], 22, '12+3+7'],
    [[3, 7, 12], 22, ' ( 12 + ( 3 ) ) + 7 '],
    [[3, 7, 12], 33, '12-(3-7)*1', false],
    [[3, 7, 12], 57, '3*(12+7)'],
    [[3, 7, 12], 28, '12*7/3'],
    [[8, 3, 8, 3], 24, '8/(3-8/3)'],
    [[1, 5, 5, 5], 24, '5*(5-1/5)'],
    [[2, 2], 1, '2/2'],
    [[4, 9], 5, '9-4'],
    [[3, 3, 8, 8], 24, '((8))/(((3)-(8/3)))'],
  ] as [number[], number, string, boolean?][])(
    '%j to %i with %s',
    (numbers, target, response, right = true) => {
      const result = verdict(numbers, target, response);
      expect(result.correct).toBe(right);
      expect(result.reward).toBe(right ? 1 : -1);
      if (right) expect(result.reason).toBe('correct');
    },
  );

  it.each([
    ['', /not an expression: empty/],
    ['   ', /empty/],
    ['3+7+12', /equals 22, not 27/],
    ['12/7*3', /equals 36\/7, not 27/],
    ['3-7-12', /equals -16, not 27/],
    ['3+7', /does not use 12/],
    ['27', /27 is not one of the numbers/],
    ['12+12+3', /uses 12 2 times, it is given 1 times/],
    ['3*7+12-6', /6 is not one/],
    ['12/(3-3)+7', /uses 3 2 times/],
    ['3+7+12=27', /unexpected "=" at character 7/],
    ['3,7,12=27:12+7', /unexpected ","/],
    ['-3+7+12', /unexpected "-" at character 1/],
    ['3*-7+12', /unexpected "-" at character 3/],
    ['+3+7+12', /unexpected "\+"/],
    ['3(7)+12', /unexpected "\("/],
    ['(3)(7)+12', /unexpected "\("/],
    ['3 7+12', /unexpected "7"/],
    ['03+7+12', /leading zero at character 1/],
    ['3+7+012', /leading zero/],
    ['3++7+12', /unexpected "\+"/],
    ['3**7+12', /unexpected "\*"/],
    ['3//7+12', /unexpected "\/"/],
    ['(3+7+12', /ends too early/],
    ['3+7+12)', /unexpected "\)"/],
    ['()', /unexpected "\)"/],
    ['3+7+', /ends too early/],
    ['3.0+7+12', /unexpected "\."/],
    ['3e0+7+12', /unexpected "e"/],
    ['0x3+7+12', /unexpected "x"/],
    ['3\n+7+12', /unexpected "\\n"/],
    ['3\u00a0+7+12', /unexpected/],
    ['３+７+１２', /unexpected "３"/],
    ['٣+7+12', /unexpected "٣"/],
    ['3×7+12', /unexpected "×"/],
    ['3−7+12', /unexpected "−"/],
    ['💥', /unexpected "💥"/],
    ['\ud800', /unexpected/],
    ['process.exit(1)', /unexpected "p"/],
    ['1234567890123456', /number longer than 15 digits/],
  ])('refuses %j', (response, reason) => {
    const result = verifyCountdown(prompt, response);
    expect(result.reason).toMatch(reason);
    expect(result).toMatchObject({ correct: false, reward: -1 });
  });

  it('has an answer for every expression, also wrong ones, and for nothing else', () => {
    expect(verifyCountdown(prompt, '12+7+3').answer).toBe('3+7+12');
    expect(verifyCountdown(prompt, '5').answer).toBe('5');
    expect(verdict([3, 3, 7], 7, '7/(3-3)').answer).toBe('');
    expect(verdict([3, 3, 7, 2], 5, '7/(2/(3-3))').answer).toBe('');
    expect(verifyCountdown(prompt, '12+').answer).toBe('');
  });

  it('refuses to divide by zero, also by a hidden one', () => {
    expect(verdict([3, 3, 7], 7, '7/(3-3)').reason).toBe('divides by zero');
    expect(verdict([6, 3, 2, 5], 5, '5/(6/3-2)').reason).toBe('divides by zero');
    expect(verdict([3, 3, 7], 0, '(3-3)/7')).toMatchObject({ correct: true });
  });

  it('counts numbers given twice', () => {
    expect(verdict([5, 5, 2], 20, '5*2+5').reason).toMatch(/equals 15/);
    expect(verdict([5, 5, 2], 12, '5+5+2').correct).toBe(true);
    expect(verdict([5, 5, 2], 7, '5+2').reason).toMatch(/does not use 5/);
  });

  it('is exact where doubles are not', () => {
    // (1/3 + 1/3 + 1/3) in spirit: 49 * (1/49) is 0.9999999999999999 in floating point.
    expect(verdict([49, 1, 49], 1, '49*(1/49)').correct).toBe(true);
    expect(49 * (1 / 49)).not.toBe(1);
    const huge = [999999999999989, 999999999999989, 2];
    expect(verdict(huge, 1, '999999999999989*999999999999989*2').reason).toMatch(/too large/);
  });

  it('stays quick on hostile text', () => {
    const hostile = [
      '('.repeat(1_000_000),
      '('.repeat(150),
      `${'('.repeat(40)}3${')'.repeat(40)}`,
      '1+'.repeat(500_000),
      '1+'.repeat(99),
      '9'.repeat(1_000_000),
      ' '.repeat(1_000_000),
      ' '.repeat(150),
      `3${'+7'.repeat(98)}`,
      `3${'/7'.repeat(98)}`,
    ];
    const start = performance.now();
    for (const response of hostile) expect(verifyCountdown(prompt, response).correct).toBe(false);
    expect(performance.now() - start).toBeLessThan(500);
    expect(verifyCountdown(prompt, '('.repeat(150)).reason).toMatch(/nested deeper than 32/);
    expect(verifyCountdown(prompt, `${'('.repeat(32)}3${')'.repeat(32)}+7+12`).reason).toMatch(/equals 22/);
    expect(verifyCountdown(prompt, '1+'.repeat(500_000)).reason).toMatch(/longer than 200/);
  });
});
