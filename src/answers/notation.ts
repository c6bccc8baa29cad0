/** What the signs and commands of mathematical notation mean. */

export const signs: Readonly<Record<string, string>> = {
  '≤': '<=',
  '⩽': '<=',
  '≥': '>=',
  '⩾': '>=',
  '≠': '!=',
  '≈': '~',
  '≡': '=',
  '∣': 'mid',
  '∅': 'emptyset',
  '∖': 'setminus',
  '×': '*',
  '·': '*',
  '⋅': '*',
  '∙': '*',
  '÷': '/',
  '−': '-',
  '–': '-',
  '—': '-',
  '±': '+-',
  '∓': '-+',
  '∪': 'cup',
  '∩': 'cap',
  '∈': 'in',
  '∞': 'infinity',
  π: 'pi',
  '√': 'sqrt',
  '°': 'degree',
  '′': "'",
  '％': '%',
  '，': ',',
  '…': '…',
};

export const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** LaTeX commands that mean a sign. */
export const commandSigns: Readonly<Record<string, string>> = {
  cdot: '*',
  times: '*',
  ast: '*',
  bullet: '*',
  div: '/',
  le: '<=',
  leq: '<=',
  leqslant: '<=',
  ge: '>=',
  geq: '>=',
  geqslant: '>=',
  lt: '<',
  gt: '>',
  ne: '!=',
  neq: '!=',
  approx: '~',
  sim: '~',
  simeq: '~',
  cong: '~',
  pm: '+-',
  mp: '-+',
  cup: 'cup',
  cap: 'cap',
  setminus: 'setminus',
  backslash: 'setminus',
  in: 'in',
  lor: 'or',
  vee: 'or',
  land: 'and',
  wedge: 'and',
  colon: ':',
  mid: 'mid',
  equiv: '=',
  triangleq: '=',
  coloneqq: '=',
  vert: '|',
  lvert: '|',
  rvert: '|',
  infty: 'infinity',
  pi: 'pi',
  circ: 'degree',
  degree: 'degree',
  prime: "'",
  lbrace: '\\{',
  rbrace: '\\}',
  lbrack: '[',
  rbrack: ']',
  langle: '(',
  rangle: ')',
  emptyset: 'emptyset',
  oslash: 'emptyset',
  varnothing: 'emptyset',
};

/** Commands that change how something looks, or nothing at all. */
export const ignoredCommands = new Set(
  'left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr middle displaystyle textstyle limits nolimits quad qquad hspace vspace boldsymbol mathbf bf it rm mathit mathsf mathcal mathscr phantom enspace thinspace medspace hfill nonumber'.split(
    ' ',
  ),
);

export const textCommands = new Set(
  'text textbf textit textrm textsf texttt textnormal mbox hbox mathrm operatorname mathop mathtt'.split(' '),
);

/** As a part of a regular expression: a command whose braces hold words, bold ones too. */
export const textCommand = `\\\\(?:${[...textCommands, 'mathbf'].join('|')})`;

const wordsInBraces = new RegExp(`${textCommand}\\s*\\{([^{}]*)\\}`, 'g');

/**
 * Words without the commands around them: `\text{7 pm}` and `\textrm{7 pm}` are "7 pm".
 * @param words what is put in their place; `$1` are they themselves
 */
export const withoutTextCommands = (text: string, words = '$1'): string => text.replace(wordsInBraces, words);

/** Accents: part of the name of what they stand on. */
export const accents = new Set(
  'overline bar vec hat tilde widehat overrightarrow underline dot ddot'.split(' '),
);

/** Commands before the points of a figure, of which they make one name. */
export const figures = new Set('angle measuredangle triangle square parallelogram odot'.split(' '));

export const greek = new Set(
  'alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar'.split(
    ' ',
  ),
);

/** Commands for what is left out: 1, 2, …, 10. */
export const dots = new Set('dots ldots cdots dotsc dotsb vdots ddots'.split(' '));

/** Functions of one argument that may go without brackets: sin x. */
export const prefixFunctions = new Set(
  'sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc asin acos atan sinh cosh tanh coth sech csch arsinh arcosh artanh arcsinh arccosh arctanh asinh acosh atanh log ln lg exp det deg'.split(
    ' ',
  ),
);
export const bracketFunctions = new Set('max min gcd lcm floor ceil abs sqrt binom binomial Pr'.split(' '));

/** Functions by their plain names; without a backslash, deg is a unit and Pr are letters. */
export const plainFunctions = new Set(
  [...prefixFunctions, ...bracketFunctions].filter((name) => name !== 'deg' && name !== 'Pr'),
);

/** Other names of the same command. */
export const sameCommands: Readonly<Record<string, string>> = {
  dfrac: 'frac',
  tfrac: 'frac',
  cfrac: 'frac',
  dbinom: 'binom',
  tbinom: 'binom',
  binomial: 'binom',
  arcsinh: 'arsinh',
  asinh: 'arsinh',
  arccosh: 'arcosh',
  acosh: 'arcosh',
  arctanh: 'artanh',
  atanh: 'artanh',
};
