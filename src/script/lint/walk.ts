// Walks over the tree of a script: every body, call and variable in it.
import type {
  Block,
  Body,
  Call,
  Case,
  Command,
  Condition,
  Expression,
  Format,
  RouteCall,
  ScriptTree,
  Statement,
  StringLiteral,
  Variable,
} from "../language/ast.ts";

/** What a walk reports. All optional. */
export interface Visitor {
  block?(block: Block): void;
  /** Statements in a row: of a block, a branch of an `if`, a loop, a `case`. */
  statements?(statements: readonly Statement[]): void;
  /** `isStatement`: nobody looks at its result. */
  call?(call: Call, isStatement: boolean): void;
  routeCall?(call: RouteCall): void;
  /** Other commands: `exit`, `xlog`, `launch`. */
  command?(command: Command): void;
  variable?(variable: Variable, isWritten: boolean): void;
  /** A string that is a format where it stands. */
  format?(literal: StringLiteral): void;
  /** Every condition of `if` and `while`, from the outside. */
  condition?(condition: Condition): void;
}

/** Walks over every block in the order of the text. */
export function walkScript(tree: ScriptTree, visitor: Visitor): void {
  for (const item of tree.items) {
    if (item.kind !== "block") continue;
    visitor.block?.(item);
    walkBody(item.body, visitor);
  }
}

function walkBody({ statements }: Body, visitor: Visitor): void {
  walkStatements(statements, visitor);
}

function walkStatements(statements: readonly Statement[], visitor: Visitor): void {
  visitor.statements?.(statements);
  for (const statement of statements) walkStatement(statement, visitor);
}

function walkStatement(statement: Statement, visitor: Visitor): void {
  switch (statement.kind) {
    case "empty":
      return;
    case "if":
      visitor.condition?.(statement.condition);
      walkCondition(statement.condition, visitor);
      walkBody(statement.then, visitor);
      if (statement.else !== undefined) walkBody(statement.else, visitor);
      return;
    case "while":
      visitor.condition?.(statement.condition);
      walkCondition(statement.condition, visitor);
      walkBody(statement.body, visitor);
      return;
    case "for":
      walkVariable(statement.iterator, true, visitor);
      walkVariable(statement.collection, false, visitor);
      walkBody(statement.body, visitor);
      return;
    case "switch":
      walkVariable(statement.subject, false, visitor);
      for (const one of statement.cases) walkCase(one, visitor);
      if (statement.default !== undefined) walkBody(statement.default, visitor);
      return;
    default:
      walkCommand(statement, true, visitor);
  }
}

function walkCase({ body }: Case, visitor: Visitor): void {
  walkStatements(body, visitor);
}

function walkCommand(command: Command, isStatement: boolean, visitor: Visitor): void {
  switch (command.kind) {
    case "call":
      walkCall(command, isStatement, visitor);
      return;
    case "routeCall":
      walkRouteCall(command, visitor);
      return;
    case "assignment":
      walkVariable(command.target, true, visitor);
      // a compound assignment reads what it writes
      if (command.operator !== "=" && command.operator !== ":=") walkVariable(command.target, false, visitor);
      walkExpression(command.value, visitor);
      return;
    default:
      visitor.command?.(command);
  }
  switch (command.kind) {
    case "return":
      for (const value of command.values) if (value.kind === "variable") walkVariable(value, false, visitor);
      return;
    case "xlog":
      if (command.level !== undefined) visitor.format?.(command.level);
      visitor.format?.(command.message);
      return;
    case "assert":
      walkCondition(command.condition, visitor);
      return;
    case "async":
    case "launch":
      walkCall(command.call, false, visitor);
      if (command.resume?.kind === "variable") walkVariable(command.resume, false, visitor);
      if (command.kind === "launch" && command.parameter !== undefined) visitor.format?.(command.parameter);
      return;
    default:
      return;
  }
}

function walkCall(call: Call, isStatement: boolean, visitor: Visitor): void {
  visitor.call?.(call, isStatement);
  for (const argument of call.arguments) {
    if (argument.kind === "variable") walkVariable(argument, false, visitor);
    else if (argument.kind === "string") visitor.format?.(argument);
  }
}

function walkRouteCall(call: RouteCall, visitor: Visitor): void {
  visitor.routeCall?.(call);
  if (call.target.kind === "variable") walkVariable(call.target, false, visitor);
  for (const argument of call.arguments) if (argument.kind === "variable") walkVariable(argument, false, visitor);
}

function walkExpression(expression: Expression, visitor: Visitor): void {
  switch (expression.kind) {
    case "string":
    case "number":
    case "null":
      return;
    case "variable":
      walkVariable(expression, false, visitor);
      return;
    case "call":
      walkCall(expression, false, visitor);
      return;
    case "routeCall":
      walkRouteCall(expression, visitor);
      return;
    case "binary":
      walkExpression(expression.left, visitor);
      walkExpression(expression.right, visitor);
      return;
    case "complement":
      walkExpression(expression.operand, visitor);
      return;
    case "group":
      walkExpression(expression.inner, visitor);
      return;
    case "comparison":
      walkVariable(expression.left, false, visitor);
      if (expression.right.kind === "variable") walkVariable(expression.right, false, visitor);
      return;
  }
}

function walkCondition(condition: Condition, visitor: Visitor): void {
  switch (condition.kind) {
    case "and":
    case "or":
      walkCondition(condition.left, visitor);
      walkCondition(condition.right, visitor);
      return;
    case "not":
      walkCondition(condition.operand, visitor);
      return;
    case "group":
      walkCondition(condition.inner, visitor);
      return;
    case "arithmetic":
      walkExpression(condition.inner, visitor);
      return;
    case "comparison":
      walkExpression(condition, visitor);
      return;
    case "variable":
      walkVariable(condition, false, visitor);
      return;
    case "number":
      return;
    default:
      walkCommand(condition, false, visitor);
  }
}

/** Reports a variable and those inside it: names, indexes, parameters of transformations. */
export function walkVariable(variable: Variable, isWritten: boolean, visitor: Visitor): void {
  visitor.variable?.(variable, isWritten);
  walkFormat(variable.inner, visitor);
  if (typeof variable.index === "object") walkVariable(variable.index, false, visitor);
  for (const { parameters } of variable.transformations) for (const one of parameters) walkFormat(one, visitor);
}

/** Reports the variables of a format. */
export function walkFormat(format: Format | undefined, visitor: Visitor): void {
  for (const part of format ?? []) if (typeof part !== "string") walkVariable(part, false, visitor);
}
