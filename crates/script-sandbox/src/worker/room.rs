//! Contexts that are used again: the third run of a script finds its function compiled.
//!
//! A room belongs to one script of one tenant. After each step it is put back to what it was, and what it is
//! then is compared with what it was (`pristine`); a room that differs in anything, whose step failed, compiled
//! text or took long, is thrown away. Everybody else gets a context that nobody has touched.

use std::{
    collections::VecDeque,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use boa_engine::JsObject;

use crate::protocol::RunRequest;

use super::{
    confine::cpu_time, context::Ready, fault::Fault, pristine::Pristine, reach::Reach, step, variables,
};

/// Rooms a worker keeps, about half a megabyte each. The collector walks through all of them.
const ROOMS: usize = 8;
/// Scripts a worker remembers having seen once.
const SEEN: usize = 64;
/// Steps of one room: what the engine might pile up in it goes with it.
const USES: u32 = 250;
/// A step that takes longer gains nothing from a compiled function.
const SHORT: Duration = Duration::from_millis(10);
/// Work after which the collector runs: a few megabytes of rubbish at the most.
const COLLECT_AFTER: Duration = Duration::from_millis(3);

pub(super) struct Rooms {
    /// The next context for a script without a room.
    spare: Option<Ready>,
    kept: VecDeque<Room>,
    /// The room of the step that was, before it is put back.
    used: Option<Room>,
    /// Fingerprints of scripts that ran once.
    seen: VecDeque<u64>,
    /// The same of those that get no room.
    refused: VecDeque<u64>,
    /// A script that came for the second time.
    wanted: Option<(u64, Box<str>)>,
    hasher: RandomState,
    /// Since the collector last ran.
    worked: Duration,
}

struct Room {
    tenant: u64,
    source: Box<str>,
    ready: Ready,
    function: JsObject,
    pristine: Pristine,
    uses: u32,
}

impl Rooms {
    pub fn new(spare: Ready) -> Self {
        Self {
            spare: Some(spare),
            kept: VecDeque::new(),
            used: None,
            seen: VecDeque::new(),
            refused: VecDeque::new(),
            wanted: None,
            hasher: RandomState::new(),
            worked: Duration::ZERO,
        }
    }

    /// A context that no step has touched.
    pub fn fresh(&mut self) -> Ready {
        self.spare.take().unwrap_or_else(Ready::new)
    }

    /// Runs a step and writes the frame of its reply.
    pub fn run(&mut self, request: &RunRequest<'_>, reply: &mut Vec<u8>) -> Result<(), Fault> {
        let begun = cpu_time();
        let room = self.take(request);
        let mut kept = None;
        let done = match room {
            Some(mut room) => {
                let function = room.function.clone().into();
                let done = step::run_compiled(&mut room.ready, &function, request, reply);
                kept = Some(room);
                done
            }
            None => step::run(self.fresh(), request, reply),
        };
        // Of the processor: what others did meanwhile says nothing about this script.
        let took = cpu_time().saturating_sub(begun);
        self.worked += took;
        if done.is_ok() && took < SHORT {
            match kept {
                Some(room) => self.used = Some(room),
                None => self.notice(request),
            }
        }
        done
    }

    /// Between two steps, while the parent is busy with the reply.
    pub fn tidy(&mut self) {
        if let Some(mut room) = self.used.take()
            && room.restore()
        {
            self.kept.push_front(room);
        }
        // A context is a few hundred kilobytes of rubbish.
        if self.spare.is_none() || self.worked > COLLECT_AFTER {
            self.collect();
        }
        if self.spare.is_none() {
            self.spare = Some(Ready::new());
        }
        if let Some((tenant, source)) = self.wanted.take() {
            let fingerprint = self.hasher.hash_one((tenant, &*source));
            match Room::prepare(tenant, source) {
                Some(room) => {
                    self.kept.truncate(ROOMS - 1);
                    self.kept.push_front(room);
                }
                None => {
                    self.refused.truncate(SEEN - 1);
                    self.refused.push_front(fingerprint);
                }
            }
        }
    }

    /// Gives back all memory that can be given back.
    pub fn clear(&mut self) {
        self.kept.clear();
        self.collect();
    }

    fn collect(&mut self) {
        boa_gc::force_collect();
        self.worked = Duration::ZERO;
    }

    fn take(&mut self, request: &RunRequest<'_>) -> Option<Room> {
        let here = |room: &Room| room.tenant == request.tenant && *room.source == *request.source;
        let place = self.kept.iter().position(here)?;
        self.kept.remove(place)
    }

    /// Remembers a script; the second time it gets a room.
    fn notice(&mut self, request: &RunRequest<'_>) {
        let fingerprint = self.hasher.hash_one((request.tenant, &*request.source));
        if self.refused.contains(&fingerprint) {
            return;
        }
        if let Some(place) = self.seen.iter().position(|seen| *seen == fingerprint) {
            self.seen.remove(place);
            self.wanted = Some((request.tenant, request.source.as_ref().into()));
        } else {
            self.seen.truncate(SEEN - 1);
            self.seen.push_front(fingerprint);
        }
    }
}

impl Room {
    /// `None` when the script must not run twice in one context.
    fn prepare(tenant: u64, source: Box<str>) -> Option<Self> {
        Self::prepare_unless(tenant, source, |reach| reach.may_outlast())
    }

    fn prepare_unless(tenant: u64, source: Box<str>, refuses: fn(&Reach<'_>) -> bool) -> Option<Self> {
        let mut ready = Ready::new();
        let (function, reach) = step::compile(&source, &mut ready.context)?;
        if refuses(&reach) {
            return None;
        }
        let pristine = Pristine::of(&function, &reach, &mut ready.context).ok()?;
        Some(Self { tenant, source, ready, function, pristine, uses: 0 })
    }

    /// `false` when it may not be used again.
    fn restore(&mut self) -> bool {
        self.uses += 1;
        let Ready { context, world } = &mut self.ready;
        if self.uses >= USES || world.is_spoiled() || !world.jobs.is_empty() {
            return false;
        }
        world.forget();
        variables::empty(context);
        context.clear_kept_objects();
        self.pristine.restore(context).unwrap_or(false)
    }
}

#[cfg(test)]
mod attacks;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the lints spare only functions marked #[test]"
)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        Budget, ScriptStep,
        protocol::{Ask, Request},
    };

    /// Runs a script some times as tenant 1 and says what each run returned, and whether its room was kept.
    pub(super) fn runs(source: &str, times: usize) -> (Vec<serde_json::Value>, bool) {
        let mut rooms = Rooms::new(Ready::new());
        let mut results = Vec::new();
        for _ in 0..times {
            results.push(run(&mut rooms, 1, source));
            rooms.tidy();
        }
        (results, !rooms.kept.is_empty())
    }

    fn run(rooms: &mut Rooms, tenant: u64, source: &str) -> serde_json::Value {
        let step = ScriptStep { source: source.into(), ..ScriptStep::default() };
        let question = serde_json::to_vec(&Ask::run(tenant, &step, &Budget::default())).unwrap();
        let Ok(Request::Run(request)) = serde_json::from_slice(&question) else { panic!("{source}") };
        let mut reply = Vec::new();
        if rooms.run(&request, &mut reply).is_err() {
            return json!("failed");
        }
        let reply: serde_json::Value = serde_json::from_slice(&reply[4..]).unwrap();
        reply["done"]["result"].clone()
    }

    #[test]
    fn a_script_that_leaves_nothing_keeps_its_room() {
        for source in [
            "return 1",
            "let n = 1; n++; return n",
            "counted = 5; return typeof counted",
            "class A { static n = 0 } A.n++; return A.n",
            "const m = new Map([[1, 2]]); m.set(3, 4); return m.size",
            "return `${[1, 2].map(x => x * 2)}` + /(\\d)/.exec('5')[1] + String.raw`a${1}`",
            "varstore.x = {a: [1]}; log('hi'); return Math.round(1.5)",
            "const f = async () => 1; return await f()",
            "return Symbol.for('a') === Symbol.for('a') && Symbol.keyFor(Symbol.for('a'))",
            "function Point(x) { this.x = x } Point.prototype.toString = function () { return 'p' }; return '' + new Point(1)",
            "const e = new Error('x'); e.message = 'y'; e.name = 'Z'; return String(e)",
            "Array.prototype.evil = 1; delete Array.prototype.evil; return [].evil === undefined",
        ] {
            let (results, kept) = runs(source, 5);
            assert!(
                results.iter().all(|result| *result == results[0] && *result != json!("failed")),
                "{source}: {results:?}"
            );
            assert!(kept, "{source}");
        }
    }

    /// Every way to leave something behind that we know of. The last word of each is what a run may see only
    /// of itself.
    #[test]
    fn nothing_passes_from_one_run_to_the_next() {
        for source in [
            "const before = globalThis.kept; globalThis.kept = 1; return before === undefined",
            "const before = typeof kept; kept = 1; return before === 'undefined'",
            "const before = [].kept; Array.prototype.kept = 1; return before === undefined",
            "const before = ({}).kept; Object.prototype.kept = 1; return before === undefined",
            "const before = Array.kept; Array.kept = 1; return before === undefined",
            "const before = Math.PI2; Math.PI2 = 1; return before === undefined",
            "const before = Math.max(1); Math.max = () => 7; return before === 1",
            "const before = Array.prototype[0]; Array.prototype[0] = 1; return before === undefined",
            "const before = Object.isExtensible(Array.prototype); Object.preventExtensions(Array.prototype); return before",
            "const p = Object.getPrototypeOf; const before = p(Array.prototype) === Object.prototype; Object.setPrototypeOf(Array.prototype, {}); return before",
            "const before = Object.keys(Map.prototype).length; Object.defineProperty(Map.prototype, 'get', {enumerable: true}); return before === 0",
            "const before = [].map.kept; [].map.kept = 1; return before === undefined",
            "const before = [].map.name; try { Object.defineProperty([].map, 'name', {value: 'kept'}) } catch {} return before === 'map'",
            "const before = arguments.callee.kept; arguments.callee.kept = 1; return before === undefined",
            "const f = arguments.callee; const before = f.prototype.kept; f.prototype.kept = 1; return before === undefined",
            "const g = Object.getPrototypeOf(function* () {}); const before = g.kept; g.kept = 1; return before === undefined",
            "const g = Object.getPrototypeOf(async function () {}); const before = g.kept; g.kept = 1; return before === undefined",
            "const g = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype); const before = g.kept; g.kept = 1; return before === undefined",
            "const i = Object.getPrototypeOf([].values()); const before = i.kept; i.kept = 1; return before === undefined",
            "const i = Object.getPrototypeOf('a'.matchAll(/a/g)); const before = i.kept; i.kept = 1; return before === undefined",
            "const t = Object.getPrototypeOf(Int8Array); const before = t.kept; t.kept = 1; return before === undefined",
            "const before = Symbol.for('k').description + Object.getOwnPropertySymbols(globalThis).length; globalThis[Symbol.for('k')] = 1; return before",
            "const before = varstore.kept; varstore.kept = 1; return before === undefined",
            "const before = Object.keys(varstore).length; varstore = {kept: 1}; return before === 0",
            "const before = typeof varstore; delete globalThis.varstore; globalThis.varstore = {}; return before === 'object'",
            "const before = JSON.stringify(client); Object.defineProperty(globalThis, 'client', {value: {kept: 1}}); return before",
            "const before = typeof log; log = 5; return before === 'function'",
            "const before = (0, eval)('typeof kept'); (0, eval)('var kept = 1'); return before === 'undefined'",
            "const before = new Function('return typeof kept')(); new Function('kept = 1')(); return before === 'undefined'",
            "const before = typeof undefinedThing; Object.defineProperty(globalThis, 'undefinedThing', {value: 1}); return before === 'undefined'",
            "const tag = s => s; const t = tag`a`; const before = t.kept; try { t.kept = 1 } catch {} return before === undefined",
            "const before = JSON.stringify([1]); Array.prototype.toJSON = () => 'kept'; return before === '[1]'",
            "const d = Object.getOwnPropertyDescriptor(Error.prototype, 'message'); const before = d.value; Error.prototype.message = 'kept'; return before === ''",
            "const before = RegExp.prototype.exec.call(/a/, 'a').length; RegExp.prototype.exec = () => null; return before",
            "return {toJSON() { const before = globalThis.late; globalThis.late = 1; Promise.resolve().then(() => { globalThis.later = 1 }); return before === undefined && globalThis.later === undefined }}",
            "const s = Object.getOwnPropertyDescriptor(Map.prototype, 'size').get; const before = s.kept; s.kept = 1; return before === undefined",
            "const m = globalThis['Ma' + 'th']; const before = m.kept; m.kept = 1; return before === undefined",
            "const m = (function () { return this })()['Ma' + 'th']; const before = m.kept; m.kept = 1; return before === undefined",
            "const m = \\u0067lobalThis['Ma' + 'th']; const before = m.kept; m.kept = 1; return before === undefined",
            "const m = M\\u0061th; const before = m.kept; m.kept = 1; return before === undefined",
            "const m = [].map.constructor('return M' + 'ath')(); const before = m.kept; m.kept = 1; return before === undefined",
            "const d = parseDate('2026-01-01').constructor; const before = d.kept; d.kept = 1; return before === undefined",
            "const t = Object.getPrototypeOf(Object.getPrototypeOf(new Uint8Array(1))); const before = t.kept; t.kept = 1; return before === undefined",
            "const before = [].kept; Object.getPrototypeOf(new Map()).__proto__.kept = 1; return ({}).kept === 1 && before === undefined",
            "const s = Object.getOwnPropertySymbols(Array.prototype)[0].constructor; const before = s.kept; s.kept = 1; return before === undefined",
            "let before; try { null.x } catch (e) { before = e.constructor.kept; e.constructor.kept = 1 } return before === undefined",
            "const before = Reflect.ownKeys(globalThis).length; globalThis['kept' + Math.random()] = 1; return before",
            "function read(x) { return x.a } const before = read({ b: 7 }); const o = { get a() { delete o.a; o.b = 1; return 0 } }; read(o); return before === undefined",
            "function read(x) { return x.a } const before = read({}); const o = { get a() { delete o.a; return 0 } }; read(o); return before === undefined",
            "function read(x) { return x.a } const before = read({ b: 7 }); class C { static get a() { delete C.a; return 0 } } read(C); const o = { b: 1 }; Object.defineProperty(o, 'a', { get() { delete o.a; return 0 }, configurable: true }); read(o); return before === undefined",
            "function read(x) { return x.a } const before = read({ b: 7 }); const { create } = Object; const o = create({}, { a: { get() { delete o.a; o.b = 1; return 0 }, configurable: true } }); read(o); return before === undefined",
            "function write(x) { x.a = 3; return x.b } const before = write({ b: 7, c: 8 }); const o = { z: 1, set a(v) { delete o.a; delete o.z; o.b = 1; o.c = () => 1 } }; write(o); return before",
        ] {
            let (results, _) = runs(source, 6);
            assert_eq!(results, vec![results[0].clone(); 6], "{source}");
            assert!(results[0] != json!("failed") && results[0] != json!(false), "{source}: {results:?}");
        }
    }

    /// Negative control: the same room without the comparison lets the next run see what was left.
    #[test]
    fn without_the_comparison_it_would_pass() {
        let source = "const before = [].kept; Array.prototype.kept = 'stolen'; return before === undefined";
        let mut rooms = Rooms::new(Ready::new());
        for _ in 0..2 {
            assert_eq!(run(&mut rooms, 1, source), json!(true));
            rooms.tidy();
        }
        assert_eq!(run(&mut rooms, 1, source), json!(true));
        let room = rooms.used.take().unwrap();
        rooms.kept.push_front(room);
        assert_eq!(run(&mut rooms, 1, source), json!(false), "put back unseen");
    }

    #[test]
    fn a_room_serves_one_tenant() {
        let mut rooms = Rooms::new(Ready::new());
        for _ in 0..4 {
            run(&mut rooms, 1, "return 1");
            rooms.tidy();
        }
        assert_eq!(rooms.kept.iter().map(|room| room.tenant).collect::<Vec<_>>(), [1]);
        run(&mut rooms, 2, "return 1");
        assert!(rooms.used.is_none(), "another tenant's script of the same text gets a fresh context");
    }

    #[test]
    fn whoever_gets_no_room_is_not_looked_at_again() {
        let mut rooms = Rooms::new(Ready::new());
        for _ in 0..5 {
            run(&mut rooms, 1, "const o = { get a() { return 1 } }; return o.a");
            rooms.tidy();
        }
        assert!(rooms.kept.is_empty() && rooms.seen.is_empty() && rooms.wanted.is_none());
        assert_eq!(rooms.refused.len(), 1);
    }

    #[test]
    fn rooms_are_few_and_wear_out() {
        let mut rooms = Rooms::new(Ready::new());
        for script in 0..ROOMS + 3 {
            for _ in 0..3 {
                run(&mut rooms, 1, &format!("return {script}"));
                rooms.tidy();
            }
        }
        assert_eq!(rooms.kept.len(), ROOMS);
        for _ in 0..USES {
            run(&mut rooms, 1, "return 10");
            rooms.tidy();
        }
        assert!(rooms.kept.iter().all(|room| &*room.source != "return 10" || room.uses < 5), "made anew");
    }
}
