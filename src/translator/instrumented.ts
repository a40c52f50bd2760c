// Loads the modules of the instruction tables so that every function in them can be asked for its syntax tree and for the values it
// closes over: those of a row are made by functions that make functions, and only running the modules tells which. Owns what it loaded.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import ts from 'typescript';

export type FunctionNode = ts.ArrowFunction | ts.FunctionExpression | ts.FunctionDeclaration;
export type AnyFunction = (...values: never[]) => unknown;

/** Where a function came from. */
export interface Origin {
  readonly file: string;
  readonly node: FunctionNode;
  /** The free names of the function; to be called only after all modules have run. */
  readonly closure: () => Readonly<Record<string, unknown>>;
}
export interface ClassOrigin {
  readonly file: string;
  readonly node: ts.ClassDeclaration;
  readonly closure: () => Readonly<Record<string, unknown>>;
}

/** Names that mean the same everywhere. */
const GLOBALS = new Set(['Math', 'Number', 'Array', 'Map', 'Set', 'WeakMap', 'Object', 'Error', 'undefined', 'Int32Array', 'Uint32Array', 'Uint16Array', 'Uint8Array', 'String', 'Infinity', 'NaN']);

interface Edit {
  readonly at: number;
  readonly text: string;
}

export class InstrumentedModules {
  readonly #loaded = new Map<string, Record<string, unknown>>();
  readonly #origins = new Map<unknown, Origin>();
  readonly #classes = new Map<string, ClassOrigin>();

  originOf(value: AnyFunction): Origin {
    const origin = this.#origins.get(value);
    if (origin === undefined) throw new Error(`a function of unknown origin: ${value.toString().slice(0, 80)}`);
    return origin;
  }

  classNamed(name: string): ClassOrigin {
    const origin = this.#classes.get(name);
    if (origin === undefined) throw new Error(`no class ${name} was loaded`);
    return origin;
  }

  /** The exports of a TypeScript file. */
  load(file: string): Readonly<Record<string, unknown>> {
    const known = this.#loaded.get(file);
    if (known !== undefined) return known;
    const exported: Record<string, unknown> = {};
    this.#loaded.set(file, exported);
    const text = readFileSync(file, 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    const nodes: (FunctionNode | ts.ClassDeclaration)[] = [];
    const edits: Edit[] = [];
    collect(source, nodes, edits);
    const { outputText } = ts.transpileModule(edited(text, edits), {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    const require = (name: string): unknown => this.load(resolve(dirname(file), name));
    const tag = (value: unknown, index: number, closure: Origin['closure']): unknown => {
      const node = nodes[index];
      if (node === undefined) throw new Error(`${file}: no function ${index}`);
      if (ts.isClassDeclaration(node)) this.#classes.set(node.name?.text ?? '', { file, node, closure });
      else this.#origins.set(value, { file, node, closure });
      return value;
    };
    new Function('require', 'exports', '$tag', outputText)(require, exported, tag);
    return exported;
  }
}

/** Finds the functions of a file, and the edits that tag them. Methods of classes are tagged with their class. */
function collect(source: ts.SourceFile, nodes: (FunctionNode | ts.ClassDeclaration)[], edits: Edit[]): void {
  const visit = (node: ts.Node): void => {
    const isExpression = ts.isArrowFunction(node) || ts.isFunctionExpression(node);
    const isDeclaration = (ts.isFunctionDeclaration(node) && node.body !== undefined) || ts.isClassDeclaration(node);
    if (!isExpression && !isDeclaration) {
      ts.forEachChild(node, visit);
      return;
    }
    const index = nodes.push(node) - 1;
    const closure = `() => ({ ${freeNames(node).join(', ')} })`;
    if (isExpression) edits.push({ at: node.getStart(), text: '$tag(' });
    // Functions inside come first: two may end at the same place.
    if (!ts.isClassDeclaration(node)) ts.forEachChild(node, visit);
    edits.push({ at: node.end, text: isExpression ? `, ${index}, ${closure})` : `;$tag(${node.name?.text ?? ''}, ${index}, ${closure});` });
  };
  visit(source);
}

function edited(text: string, edits: readonly Edit[]): string {
  let result = '';
  let from = 0;
  for (const { at, text: inserted } of [...edits].sort((a, b) => a.at - b.at)) {
    result += text.slice(from, at) + inserted;
    from = at;
  }
  return result + text.slice(from);
}

function bound(name: ts.BindingName, names: Set<string>): void {
  if (ts.isIdentifier(name)) names.add(name.text);
  else for (const element of name.elements) if (ts.isBindingElement(element)) bound(element.name, names);
}

/** Names that a function uses and does not declare. */
function freeNames(node: ts.Node): readonly string[] {
  const declared = new Set<string>();
  const used = new Set<string>();
  const visit = (child: ts.Node): void => {
    if (ts.isTypeNode(child) && !ts.isExpressionWithTypeArguments(child)) return;
    if (ts.isVariableDeclaration(child) || ts.isParameter(child)) bound(child.name, declared);
    else if (ts.isFunctionDeclaration(child) && child.name !== undefined) declared.add(child.name.text);
    else if (ts.isIdentifier(child) && isUse(child)) used.add(child.text);
    ts.forEachChild(child, visit);
  };
  ts.forEachChild(node, visit);
  if (ts.isClassDeclaration(node) && node.name !== undefined) declared.add(node.name.text);
  return [...used].filter((name) => !declared.has(name) && !GLOBALS.has(name));
}

/** Whether an identifier stands for a value, and is not the name of a property, parameter or declaration. */
function isUse(identifier: ts.Identifier): boolean {
  const { parent } = identifier;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === identifier;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === identifier;
  if (ts.isBindingElement(parent)) return parent.initializer === identifier;
  if (ts.isMethodDeclaration(parent) || ts.isGetAccessor(parent) || ts.isSetAccessor(parent) || ts.isPropertyDeclaration(parent)) {
    return ts.isPropertyDeclaration(parent) && parent.initializer === identifier;
  }
  return !ts.isTypeParameterDeclaration(parent);
}
