//! Which objects of the language a script can come to, told from its text alone.
//!
//! A script changes what the next run would find only through a reference to an object that outlives it. The
//! language hands one out in four ways:
//!
//! 1. by the name of a global;
//! 2. by the name of a property: `constructor`, `prototype` and the others of [`LEADING`], or a value that some
//!    object of the language has under an ordinary name;
//! 3. by a property whose name is put together at run time: `value[key]`, `{[key]: x} = value`;
//! 4. as `this` or `arguments` of a function that was called without any, or as text that is compiled.
//!
//! A *plain* script says none of those names, has no such key, and none of those words. What is left to it are the
//! globals it names and what ordinary names lead to. Builtins that read a property by a name put together at run time
//! (`JSON.stringify` with a list of names, `$<name>` in a replacement) turn it into text; while they do so they
//! call methods of what they found, so whoever *inherits* from an object in reach counts as in reach too. Those which
//! copy values (`Object.assign`, `Object.values`, spread) take enumerable properties of an object's own, and
//! objects of the language have none that lead further. Keys that can only be numbers are harmless: nothing
//! of the language has an object under one.
//!
//! Whatever is in doubt makes a script not plain, and then everything is compared.

use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
};

use boa_engine::{
    Context, JsString,
    ast::{
        Script,
        declaration::{Binding, Variable},
        expression::{
            Call, Expression, Identifier, ImportCall, NewTarget, SuperCall, TaggedTemplate, This,
            access::{PropertyAccess, PropertyAccessField, SuperPropertyAccess},
            literal::{LiteralKind, ObjectMethodDefinition, PropertyDefinition},
            operator::{
                Assign, Update,
                assign::{AssignOp, AssignTarget},
                binary::{ArithmeticOp, BinaryOp},
                unary::UnaryOp,
                update::UpdateTarget,
            },
        },
        function::{ClassElement, FormalParameter},
        property::{MethodDefinitionKind, PropertyName},
        statement::{With, iteration::IterableLoopInitializer},
        visitor::{VisitWith, Visitor},
    },
    interner::{Interner, Sym},
    property::PropertyKey,
};

/// Globals that nothing but their names leads to: no syntax and no other global makes such an object or answers with
/// one. (`parseDate` does, but its name contains that of `Date`.)
const ONLY_BY_NAME: [&str; 25] = [
    "Atomics",
    "DataView",
    "Date",
    "FinalizationRegistry",
    "JSON",
    "Map",
    "Math",
    "Proxy",
    "Reflect",
    "Set",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "ArrayBuffer",
    "SharedArrayBuffer",
    "BigInt64Array",
    "BigUint64Array",
    "Float32Array",
    "Float64Array",
    "Int8Array",
    "Int16Array",
    "Int32Array",
    "Uint8Array",
    "Uint16Array",
    "Uint32Array",
];

/// How a script can come to the global object, and with it to names put together at run time. Text that is compiled
/// spoils a context anyway.
const TO_GLOBAL_OBJECT: [&str; 3] = ["this", "globalThis", "\\u"];

/// Properties of ordinary values under which the language keeps its objects.
const NOT_ORDINARY: [&str; 3] = ["constructor", "prototype", "__proto__"];

/// What no plain script has in its text, nor in a string after its escapes were read. An escape in a name could
/// hide any of them.
const LEADING: [&str; 16] = [
    "constructor",
    "prototype",
    "__proto__",
    "PrototypeOf",
    "__define",
    "__lookup",
    "getOwnPropertyDescriptor",
    "species",
    "unscopables",
    "callee",
    "caller",
    "Function",
    "Reflect",
    "Proxy",
    "globalThis",
    "\\u",
];

/// The same for words that are harmless inside of others.
const LEADING_WORDS: [&str; 5] = ["this", "super", "import", "eval", "arguments"];

/// Functions of `Math` that answer with a number, whatever they are given.
const NUMERIC_MATH: [&str; 8] = ["abs", "ceil", "floor", "max", "min", "random", "round", "trunc"];

/// What the text of a script says about its reach.
pub(super) struct Reach<'a> {
    source: &'a str,
    is_plain: bool,
    has_global_object: bool,
    may_outlast: bool,
}

impl<'a> Reach<'a> {
    /// Of the script that was parsed from this text; from each way of parsing it, when there is more than one.
    pub fn of(source: &'a str, parsed: &[Script], context: &mut Context) -> Self {
        let is_plain = !has_leading(source)
            && !LEADING_WORDS.iter().any(|word| has_word(source, word))
            && !parsed.is_empty()
            && parsed.iter().all(|script| has_plain_syntax(script, context));
        let has_global_object = TO_GLOBAL_OBJECT.iter().any(|way| source.contains(way));
        Self { source, is_plain, has_global_object, may_outlast: may_outlast(source, parsed) }
    }

    /// Of a script that may do anything.
    #[cfg(test)]
    pub fn everything() -> Self {
        Self { source: "", is_plain: false, has_global_object: true, may_outlast: true }
    }

    /// Of a script that is plain only if one believes it.
    #[cfg(test)]
    pub fn by_mistake(source: &'a str) -> Self {
        Self { source, is_plain: true, has_global_object: false, may_outlast: false }
    }

    /// Whether it comes only to what it says the name of.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Whether a run of the script could leave something in the engine that no comparison sees.
    pub fn may_outlast(&self) -> bool {
        self.may_outlast
    }

    /// Whether the script may come to anything that the global of this name leads to.
    pub fn goes_through(&self, global: &PropertyKey) -> bool {
        let PropertyKey::String(global) = global else { return true };
        self.has_global_object
            || ONLY_BY_NAME.into_iter().all(|name| *global != name || self.source.contains(name))
    }

    /// Whether a plain script says the name of this global.
    pub fn names(&self, global: &PropertyKey) -> bool {
        match global {
            PropertyKey::String(name) => self.source.contains(&name.to_std_string_lossy()),
            PropertyKey::Index(_) | PropertyKey::Symbol(_) => true,
        }
    }
}

/// Whether a plain script could say the name of such a property of any object.
pub(super) fn is_ordinary(property: &PropertyKey) -> bool {
    match property {
        PropertyKey::String(name) => NOT_ORDINARY.into_iter().all(|other| *name != other),
        PropertyKey::Index(_) => true,
        PropertyKey::Symbol(_) => false,
    }
}

/// How a script makes a property with a getter or a setter, or sets a prototype, without the syntax for it.
const DEFINING: [&str; 4] = ["definePropert", "__define", "__proto__", "Reflect"];

/// The same, as a word that is harmless inside of others: `Object.create` takes descriptors.
const CREATE: &str = "create";

/// What a run leaves in the engine that no comparison sees and nothing takes away:
///
/// - A class puts a private field on an object that is not its own: on what the constructor returns that it extends.
///   There only the class itself can see it, and to the engine the same class in the next run may be that class.
/// - A getter or a setter changes the shape of its own object. Boa (0.22, `get_by_name` and `set_by_name`) looks a
///   property up before it calls them, and keeps the place it found with the shape there is afterwards; an object
///   of that shape is read at the wrong place then, by every later run of the same code.
///
/// Who puts such a name together at run time to spoil the next run of his own script is not found out here.
fn may_outlast(source: &str, parsed: &[Script]) -> bool {
    source.contains("extends") && source.contains('#')
        || DEFINING.iter().any(|name| source.contains(name))
        || has_word(source, CREATE)
        || parsed.iter().any(|script| Accessors.visit_script(script).is_break())
}

/// A walk that ends at a getter or a setter.
struct Accessors;

impl Accessors {
    fn look(kind: MethodDefinitionKind) -> ControlFlow<()> {
        match kind {
            MethodDefinitionKind::Get | MethodDefinitionKind::Set => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

impl<'ast> Visitor<'ast> for Accessors {
    type BreakTy = ();

    fn visit_object_method_definition(&mut self, method: &'ast ObjectMethodDefinition) -> ControlFlow<()> {
        Self::look(method.kind())?;
        method.visit_with(self)
    }

    fn visit_class_element(&mut self, element: &'ast ClassElement) -> ControlFlow<()> {
        if let ClassElement::MethodDefinition(method) = element {
            Self::look(method.kind())?;
        }
        element.visit_with(self)
    }
}

fn has_leading(text: &str) -> bool {
    LEADING.iter().any(|name| text.contains(name))
}

/// Whether the word stands in the text, and not as a part of a longer name.
fn has_word(text: &str, word: &str) -> bool {
    let in_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '$');
    text.match_indices(word).any(|(start, _)| {
        let before = text.get(..start).unwrap_or_default();
        let after = text.get(start + word.len()..).unwrap_or_default();
        !before.ends_with(in_name) && !after.starts_with(in_name)
    })
}

fn has_plain_syntax(script: &Script, context: &mut Context) -> bool {
    let interner = context.interner_mut();
    let (math, functions) =
        (interner.get_or_intern("Math"), NUMERIC_MATH.map(|name| interner.get_or_intern(name)));
    let mut syntax = Syntax {
        interner,
        math,
        functions,
        keeps_math: true,
        keys: Vec::new(),
        declared: HashSet::new(),
        unsure: HashSet::new(),
        values: HashMap::new(),
    };
    if syntax.visit_script(script).is_break() {
        return false;
    }
    let names = syntax.declared.difference(&syntax.unsure);
    let names: Vec<(Sym, JsString)> = names.map(|name| (*name, syntax.text(*name).into())).collect();
    let Syntax { keys, values, keeps_math, .. } = syntax;
    // Out of the scope of its declaration such a name means the global.
    let global = context.global_object();
    let names =
        names.into_iter().filter(|(_, text)| !global.has_property(text.clone(), context).unwrap_or(true));
    let names = names.map(|(name, _)| name).collect();
    let mut numbers = Numbers { names, math: keeps_math.then_some((math, functions)) };
    // Who is given something else is no number, nor is who is given that.
    loop {
        let is_other = |name: &Sym| values.get(name).into_iter().flatten().any(|value| !numbers.has(value));
        let Some(other) = numbers.names.iter().copied().find(is_other) else { break };
        numbers.names.remove(&other);
    }
    keys.into_iter().all(|key| is_string(key) || numbers.has(key))
}

/// Strings are looked at wherever they stand.
fn is_string(key: &Expression) -> bool {
    matches!(key, Expression::Literal(literal) if matches!(literal.kind(), LiteralKind::String(_)))
}

/// What is always a number (or a BigInt, or `undefined` before its first value): such a key names nothing
/// that leads anywhere.
struct Numbers {
    names: HashSet<Sym>,
    /// `Math` and functions of it, when nobody can have exchanged them.
    math: Option<(Sym, Functions)>,
}

type Functions = [Sym; NUMERIC_MATH.len()];

impl Numbers {
    fn has(&self, value: &Expression) -> bool {
        match value {
            Expression::Literal(literal) => {
                matches!(literal.kind(), LiteralKind::Num(_) | LiteralKind::Int(_) | LiteralKind::BigInt(_))
            }
            Expression::Identifier(name) => self.names.contains(&name.sym()),
            Expression::Parenthesized(inside) => self.has(inside.expression()),
            Expression::Update(_) => true,
            Expression::Unary(unary) => matches!(unary.op(), UnaryOp::Minus | UnaryOp::Plus | UnaryOp::Tilde),
            Expression::Binary(binary) => match binary.op() {
                BinaryOp::Arithmetic(ArithmeticOp::Add) => self.has(binary.lhs()) && self.has(binary.rhs()),
                BinaryOp::Arithmetic(_) | BinaryOp::Bitwise(_) => true,
                BinaryOp::Relational(_) | BinaryOp::Logical(_) | BinaryOp::Comma => false,
            },
            Expression::Conditional(either) => self.has(either.if_true()) && self.has(either.if_false()),
            Expression::Call(call) => {
                self.math.is_some_and(|(math, functions)| calls(call, math, &functions))
            }
            _ => false,
        }
    }
}

/// Whether it calls one of these functions as a method of the object of this name.
fn calls(call: &Call, object: Sym, functions: &Functions) -> bool {
    let Expression::PropertyAccess(PropertyAccess::Simple(access)) = call.function() else { return false };
    match (access.target(), access.field()) {
        (Expression::Identifier(target), PropertyAccessField::Const(name)) => {
            target.sym() == object && functions.contains(&name.sym())
        }
        _ => false,
    }
}

/// What a walk through the syntax gathers; it ends at what makes a script not plain.
struct Syntax<'ast, 'c> {
    interner: &'c Interner,
    math: Sym,
    functions: Functions,
    /// `Math` is only ever said to call its functions.
    keeps_math: bool,
    /// Of properties, in brackets.
    keys: Vec<&'ast Expression>,
    /// Names declared with a first value.
    declared: HashSet<Sym>,
    /// Names that get values from elsewhere: parameters, patterns, loops over values, functions.
    unsure: HashSet<Sym>,
    /// What names are given.
    values: HashMap<Sym, Vec<&'ast Expression>>,
}

const PLAIN: ControlFlow<()> = ControlFlow::Continue(());
const NOT_PLAIN: ControlFlow<()> = ControlFlow::Break(());

impl<'ast> Syntax<'ast, '_> {
    fn text(&self, name: Sym) -> String {
        self.interner.resolve(name).map(|text| String::from_utf16_lossy(text.utf16())).unwrap_or_default()
    }

    fn give(&mut self, name: Identifier, value: Option<&'ast Expression>) {
        self.keeps_math &= name.sym() != self.math;
        self.values.entry(name.sym()).or_default().extend(value);
    }

    /// A binding that gets its value from elsewhere, and the value it has otherwise.
    fn visit_unsure(&mut self, variable: &'ast Variable) -> ControlFlow<()> {
        self.visit_binding(variable.binding())?;
        variable.init().map_or(PLAIN, |value| self.visit_expression(value))
    }
}

/// What no plain script has at all.
macro_rules! not_plain {
    ($($(#[$doc:meta])* fn $visit:ident($node:ty);)*) => {
        $($(#[$doc])* fn $visit(&mut self, _: &'ast $node) -> ControlFlow<()> {
            NOT_PLAIN
        })*
    };
}

impl<'ast> Visitor<'ast> for Syntax<'ast, '_> {
    type BreakTy = ();

    not_plain! {
        fn visit_this(This);
        fn visit_new_target(NewTarget);
        fn visit_super_call(SuperCall);
        fn visit_super_property_access(SuperPropertyAccess);
        fn visit_import_call(ImportCall);
        /// Its names may be properties.
        fn visit_with(With);
        /// The array it hands over is the same in every run.
        fn visit_tagged_template(TaggedTemplate);
    }

    /// Every string, with its escapes read, and every name.
    fn visit_sym(&mut self, name: &'ast Sym) -> ControlFlow<()> {
        if has_leading(&self.text(*name)) { NOT_PLAIN } else { PLAIN }
    }

    fn visit_property_access_field(&mut self, field: &'ast PropertyAccessField) -> ControlFlow<()> {
        if let PropertyAccessField::Expr(key) = field {
            self.keys.push(key);
        }
        field.visit_with(self)
    }

    /// In a pattern a computed name reads; in a class it may stand for `prototype`.
    fn visit_property_name(&mut self, name: &'ast PropertyName) -> ControlFlow<()> {
        match name {
            PropertyName::Literal(_) => name.visit_with(self),
            PropertyName::Computed(_) => NOT_PLAIN,
        }
    }

    /// In an object literal it makes a property of a new object, whatever it is.
    fn visit_property_definition(&mut self, property: &'ast PropertyDefinition) -> ControlFlow<()> {
        match property {
            PropertyDefinition::Property(PropertyName::Computed(name), value) => {
                self.visit_expression(name)?;
                self.visit_expression(value)
            }
            _ => property.visit_with(self),
        }
    }

    fn visit_object_method_definition(&mut self, method: &'ast ObjectMethodDefinition) -> ControlFlow<()> {
        match method.name() {
            PropertyName::Literal(name) => self.visit_sym(name.sym_ref())?,
            PropertyName::Computed(name) => self.visit_expression(name)?,
        }
        self.visit_formal_parameter_list(method.parameters())?;
        self.visit_function_body(method.body())
    }

    fn visit_expression(&mut self, expression: &'ast Expression) -> ControlFlow<()> {
        if let Expression::Identifier(name) = expression {
            self.keeps_math &= name.sym() != self.math;
            return self.visit_sym(name.sym_ref());
        }
        expression.visit_with(self)
    }

    /// Every name that is not read, as far as nothing below knows it better.
    fn visit_identifier(&mut self, name: &'ast Identifier) -> ControlFlow<()> {
        self.keeps_math &= name.sym() != self.math;
        self.unsure.insert(name.sym());
        name.visit_with(self)
    }

    fn visit_variable(&mut self, variable: &'ast Variable) -> ControlFlow<()> {
        match (variable.binding(), variable.init()) {
            (Binding::Identifier(name), Some(value)) => {
                self.declared.insert(name.sym());
                self.give(*name, Some(value));
                self.visit_expression(value)
            }
            _ => variable.visit_with(self),
        }
    }

    fn visit_formal_parameter(&mut self, parameter: &'ast FormalParameter) -> ControlFlow<()> {
        self.visit_unsure(parameter.variable())
    }

    fn visit_iterable_loop_initializer(
        &mut self,
        initializer: &'ast IterableLoopInitializer,
    ) -> ControlFlow<()> {
        match initializer {
            IterableLoopInitializer::Var(variable) => self.visit_unsure(variable),
            _ => initializer.visit_with(self),
        }
    }

    fn visit_assign(&mut self, assign: &'ast Assign) -> ControlFlow<()> {
        let AssignTarget::Identifier(name) = assign.lhs() else { return assign.visit_with(self) };
        let passes_on = matches!(
            assign.op(),
            AssignOp::Assign | AssignOp::Add | AssignOp::BoolAnd | AssignOp::BoolOr | AssignOp::Coalesce
        );
        // The other operators make a number of anything.
        self.give(*name, passes_on.then(|| assign.rhs()));
        self.visit_expression(assign.rhs())
    }

    fn visit_update(&mut self, update: &'ast Update) -> ControlFlow<()> {
        match update.target() {
            UpdateTarget::Identifier(name) => {
                self.give(*name, None);
                PLAIN
            }
            UpdateTarget::PropertyAccess(_) => update.visit_with(self),
        }
    }

    fn visit_call(&mut self, call: &'ast Call) -> ControlFlow<()> {
        if calls(call, self.math, &self.functions) {
            return call.args().iter().try_for_each(|value| self.visit_expression(value));
        }
        call.visit_with(self)
    }
}
