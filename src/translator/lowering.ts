// From the TypeScript of the semantics to their data (emu/arm/compile/semantics.ts). Knows the small part of the language in which
// `execute` functions are written and refuses the rest with file and line. Owns the procedures met so far.

import ts from 'typescript';
import type { Expression, Operator, Procedure, Step } from '../emu/arm/compile/semantics.ts';
import type { AnyFunction, ClassOrigin, InstrumentedModules } from './instrumented.ts';

type Closure = Readonly<Record<string, unknown>>;

/** An object or list of the modules, which is taken apart before the tree is done. */
interface Host {
  readonly op: 'host';
  readonly value: object;
}

const OPERATORS: ReadonlyMap<ts.SyntaxKind, Operator> = new Map<ts.SyntaxKind, Operator>([
  [ts.SyntaxKind.PlusToken, '+'],
  [ts.SyntaxKind.MinusToken, '-'],
  [ts.SyntaxKind.AsteriskToken, '*'],
  [ts.SyntaxKind.SlashToken, '/'],
  [ts.SyntaxKind.PercentToken, '%'],
  [ts.SyntaxKind.AsteriskAsteriskToken, '**'],
  [ts.SyntaxKind.AmpersandToken, '&'],
  [ts.SyntaxKind.BarToken, '|'],
  [ts.SyntaxKind.CaretToken, '^'],
  [ts.SyntaxKind.LessThanLessThanToken, '<<'],
  [ts.SyntaxKind.GreaterThanGreaterThanToken, '>>'],
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken, '>>>'],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '==='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.LessThanToken, '<'],
  [ts.SyntaxKind.LessThanEqualsToken, '<='],
  [ts.SyntaxKind.GreaterThanToken, '>'],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>='],
  [ts.SyntaxKind.AmpersandAmpersandToken, '&&'],
  [ts.SyntaxKind.BarBarToken, '||'],
]);
const ASSIGNMENTS: ReadonlyMap<ts.SyntaxKind, Operator> = new Map<ts.SyntaxKind, Operator>([
  [ts.SyntaxKind.PlusEqualsToken, '+'],
  [ts.SyntaxKind.MinusEqualsToken, '-'],
  [ts.SyntaxKind.BarEqualsToken, '|'],
  [ts.SyntaxKind.AmpersandEqualsToken, '&'],
  [ts.SyntaxKind.CaretEqualsToken, '^'],
  [ts.SyntaxKind.LessThanLessThanEqualsToken, '<<'],
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanEqualsToken, '>>>'],
]);
const MATH = ['imul', 'clz32', 'floor', 'abs'] as const;

function refuse(node: ts.Node, why: string): never {
  const source = node.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(node.getStart());
  throw new Error(`${source.fileName}:${line + 1}: ${why}: ${node.getText().slice(0, 80)}`);
}

export class Lowering {
  readonly #modules: InstrumentedModules;
  readonly #indices = new Map<unknown, number>();
  readonly procedures: (Procedure | null)[] = [];

  constructor(modules: InstrumentedModules) {
    this.#modules = modules;
  }

  /** The number of the procedure that a function of the modules is. */
  procedureOf(value: AnyFunction): number {
    const known = this.#indices.get(value);
    if (known !== undefined) return known;
    const index = this.procedures.push(null) - 1;
    this.#indices.set(value, index);
    const { node, closure } = this.#modules.originOf(value);
    this.procedures[index] = new Body(this, closure()).procedure(node);
    return index;
  }

  /** The methods and accessors of a class. */
  membersOf({ node, closure }: ClassOrigin): Readonly<Record<string, number>> {
    const members: Record<string, number> = {};
    const values = closure();
    for (const member of node.members) {
      if (member.name === undefined || !ts.isIdentifier(member.name)) continue;
      const prefix = ts.isGetAccessor(member) ? 'get ' : ts.isSetAccessor(member) ? 'set ' : '';
      if (prefix === '' && !ts.isMethodDeclaration(member)) continue;
      members[prefix + member.name.text] = this.procedures.push(new Body(this, values).procedure(member as ts.MethodDeclaration)) - 1;
    }
    return members;
  }

  /** A value of the modules as an expression. */
  valueOf(value: unknown, node: ts.Node): Expression | Host {
    if (typeof value === 'number') return { op: 'number', value };
    if (typeof value === 'boolean') return { op: 'truth', value };
    if (typeof value === 'function') return { op: 'function', index: this.procedureOf(value as AnyFunction) };
    if (Array.isArray(value)) return { op: 'list', items: value.map((item) => settled(this.valueOf(item, node), node)) };
    if (typeof value === 'object' && value !== null) return { op: 'host', value };
    return refuse(node, `a value of type ${typeof value}`);
  }
}

function settled(expression: Expression | Host, node: ts.Node): Expression {
  return expression.op === 'host' ? refuse(node, 'an object where a number is wanted') : expression;
}

/** One function being read. */
class Body {
  readonly #lowering: Lowering;
  readonly #closure: Closure;
  /** Names declared so far in this function and those around it. */
  readonly #locals = new Set<string>(['this']);

  constructor(lowering: Lowering, closure: Closure) {
    this.#lowering = lowering;
    this.#closure = closure;
  }

  procedure(node: ts.SignatureDeclaration & { readonly body?: ts.ConciseBody | undefined }): Procedure {
    const parameters = node.parameters.map(({ name }) => (ts.isIdentifier(name) ? name.text : refuse(name, 'a parameter that is taken apart')));
    for (const name of parameters) this.#locals.add(name);
    const { body } = node;
    if (body === undefined) return refuse(node, 'a function without a body');
    if (ts.isBlock(body)) return { parameters, body: this.#steps(body.statements) };
    return { parameters, body: [{ op: 'return', value: this.#expression(body) }] };
  }

  #steps(statements: readonly ts.Statement[]): readonly Step[] {
    return statements.flatMap((statement) => this.#step(statement));
  }

  #step(node: ts.Statement): readonly Step[] {
    if (ts.isBlock(node)) return [{ op: 'block', body: this.#steps(node.statements) }];
    if (ts.isVariableStatement(node)) return this.#declarations(node.declarationList);
    if (ts.isExpressionStatement(node)) return this.#effect(node.expression);
    if (ts.isIfStatement(node)) {
      const no = node.elseStatement === undefined ? [] : this.#step(node.elseStatement);
      return [{ op: 'if', condition: this.#expression(node.expression), yes: this.#step(node.thenStatement), no }];
    }
    if (ts.isForStatement(node)) return this.#loop(node);
    if (ts.isSwitchStatement(node)) return this.#switch(node);
    if (ts.isReturnStatement(node) && node.expression !== undefined) return [{ op: 'return', value: this.#expression(node.expression) }];
    return refuse(node, 'a statement of unknown form');
  }

  #declarations(list: ts.VariableDeclarationList): readonly Step[] {
    return list.declarations.flatMap(({ name, initializer }): readonly Step[] => {
      if (initializer === undefined) return refuse(list, 'a variable without a value');
      const value = this.#expression(initializer);
      if (ts.isIdentifier(name)) {
        this.#locals.add(name.text);
        return [{ op: 'let', name: name.text, value }];
      }
      return name.elements.map((element): Step => {
        if (!ts.isBindingElement(element) || !ts.isIdentifier(element.name) || element.propertyName !== undefined) return refuse(name, 'a pattern of unknown form');
        this.#locals.add(element.name.text);
        return { op: 'let', name: element.name.text, value: { op: 'get', object: value, name: element.name.text } };
      });
    });
  }

  #loop(node: ts.ForStatement): readonly Step[] {
    const { initializer, condition, incrementor, statement } = node;
    if (condition === undefined || incrementor === undefined) return refuse(node, 'a loop without condition or step');
    const first = initializer !== undefined && ts.isVariableDeclarationList(initializer) ? this.#declarations(initializer) : [];
    const body: readonly Step[] = [{ op: 'block', body: this.#step(statement) }, ...this.#effect(incrementor)];
    return [{ op: 'block', body: [...first, { op: 'loop', condition: this.#expression(condition), body }] }];
  }

  /** Every case returns, so that a switch is a chain of conditions. */
  #switch(node: ts.SwitchStatement): readonly Step[] {
    const subject = this.#expression(node.expression);
    if (subject.op !== 'local') return refuse(node.expression, 'a switch over something that is no variable');
    let rest: readonly Step[] = [];
    for (const clause of [...node.caseBlock.clauses].reverse()) {
      const body = this.#steps(clause.statements);
      if (body.at(-1)?.op !== 'return') return refuse(clause, 'a case that does not return');
      if (ts.isDefaultClause(clause)) rest = body;
      else {
        const condition: Expression = { op: 'binary', operator: '===', left: subject, right: this.#expression(clause.expression) };
        rest = [{ op: 'if', condition, yes: body, no: rest }];
      }
    }
    return rest;
  }

  /** An expression for its effect. */
  #effect(node: ts.Expression): readonly Step[] {
    if (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) {
      const operator = node.operator === ts.SyntaxKind.PlusPlusToken ? '+' : node.operator === ts.SyntaxKind.MinusMinusToken ? '-' : null;
      if (operator === null) return refuse(node, 'an operator without effect');
      return [this.#assign(node.operand, { op: 'binary', operator, left: this.#expression(node.operand), right: { op: 'number', value: 1 } })];
    }
    if (ts.isBinaryExpression(node)) {
      const kind = node.operatorToken.kind;
      if (kind === ts.SyntaxKind.EqualsToken) return [this.#assign(node.left, this.#expression(node.right))];
      const operator = ASSIGNMENTS.get(kind);
      if (operator === undefined) return refuse(node, 'an expression without effect');
      return [this.#assign(node.left, { op: 'binary', operator, left: this.#expression(node.left), right: this.#expression(node.right) })];
    }
    return [{ op: 'do', value: this.#expression(node) }];
  }

  #assign(target: ts.Expression, value: Expression): Step {
    if (ts.isIdentifier(target)) return { op: 'assign', name: target.text, value };
    if (ts.isPropertyAccessExpression(target)) return { op: 'set', object: this.#expression(target.expression), name: target.name.text, value };
    if (ts.isElementAccessExpression(target)) {
      return { op: 'store', object: this.#expression(target.expression), index: this.#expression(target.argumentExpression), value };
    }
    return refuse(target, 'an assignment of unknown form');
  }

  #expression(node: ts.Expression): Expression {
    return settled(this.#maybeHost(node), node);
  }

  #maybeHost(node: ts.Expression): Expression | Host {
    if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return this.#maybeHost(node.expression);
    if (ts.isNumericLiteral(node)) return { op: 'number', value: Number(node.text) };
    if (node.kind === ts.SyntaxKind.TrueKeyword) return { op: 'truth', value: true };
    if (node.kind === ts.SyntaxKind.FalseKeyword) return { op: 'truth', value: false };
    if (node.kind === ts.SyntaxKind.ThisKeyword) return { op: 'local', name: 'this' };
    if (ts.isIdentifier(node)) return this.#name(node);
    if (ts.isPropertyAccessExpression(node)) {
      const object = this.#maybeHost(node.expression);
      if (object.op === 'host') return this.#lowering.valueOf((object.value as Closure)[node.name.text], node);
      return { op: 'get', object, name: node.name.text };
    }
    if (ts.isElementAccessExpression(node)) {
      return { op: 'index', object: this.#expression(node.expression), index: this.#expression(node.argumentExpression) };
    }
    if (ts.isConditionalExpression(node)) {
      return { op: 'choose', condition: this.#expression(node.condition), yes: this.#expression(node.whenTrue), no: this.#expression(node.whenFalse) };
    }
    if (ts.isArrowFunction(node)) {
      const inner = new Body(this.#lowering, this.#closure);
      for (const name of this.#locals) inner.#locals.add(name);
      return { op: 'lambda', procedure: inner.procedure(node) };
    }
    if (ts.isCallExpression(node)) return this.#call(node);
    return this.#operation(node);
  }

  #name(node: ts.Identifier): Expression | Host {
    if (this.#locals.has(node.text)) return { op: 'local', name: node.text };
    if (!(node.text in this.#closure)) return refuse(node, 'an unknown name');
    return this.#lowering.valueOf(this.#closure[node.text], node);
  }

  #operation(node: ts.Expression): Expression {
    if (ts.isPrefixUnaryExpression(node)) {
      const operator = node.operator === ts.SyntaxKind.MinusToken ? '-' : node.operator === ts.SyntaxKind.TildeToken ? '~' : node.operator === ts.SyntaxKind.ExclamationToken ? '!' : null;
      if (operator !== null) return { op: 'unary', operator, operand: this.#expression(node.operand) };
    }
    if (ts.isBinaryExpression(node)) {
      const operator = OPERATORS.get(node.operatorToken.kind);
      if (operator !== undefined) return { op: 'binary', operator, left: this.#expression(node.left), right: this.#expression(node.right) };
    }
    return refuse(node, 'an expression of unknown form');
  }

  #call(node: ts.CallExpression): Expression {
    const values = node.arguments.map((value) => this.#expression(value));
    const { expression } = node;
    if (ts.isPropertyAccessExpression(expression)) {
      const { name, expression: subject } = expression;
      if (ts.isIdentifier(subject) && subject.text === 'Math') {
        const known = MATH.find((candidate) => candidate === name.text);
        return known === undefined ? refuse(node, 'an unknown function of Math') : { op: 'math', name: known, values };
      }
      const object = this.#maybeHost(subject);
      if (object.op !== 'host') return { op: 'method', object, name: name.text, values };
    }
    return { op: 'call', callee: this.#expression(expression), values };
  }
}
