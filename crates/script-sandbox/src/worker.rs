//! The child: locks itself in, then answers requests on stdin and stdout, one at a time, on one thread.
//!
//! `confine` builds the walls, `context` makes the JavaScript world of a step with `globals` and `helpers` in
//! it, `room` says which context a step gets, `pristine` whether it may be used again, `reach` what of it a script
//! can have changed, `step` runs a source there, `read` and `write` carry values in and out, `outcome` finds what
//! changed. What can be done before the next step comes is done after the reply, while the parent is busy with it.

pub(crate) mod confine;
mod context;
mod date_form;
mod fault;
mod globals;
mod helpers;
mod host;
mod memory;
mod numbers;
mod outcome;
mod place;
mod pristine;
mod reach;
mod read;
mod room;
mod step;
mod variables;
mod write;
mod zone;

use std::{
    io::{self, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

use crate::protocol::{self, Hello, Reply, Request};

use self::{context::Ready, fault::Fault, memory::Memory, room::Rooms};

/// The hidden subcommand `script-worker`: what a pool's child does from its first to its last moment.
///
/// Call it before any thread exists and before anything was opened: it closes every descriptor above 2, and
/// after the walls stand a forbidden system call kills the process. It returns when the parent closes stdin.
pub fn worker_main() -> ExitCode {
    confine::outlive_terminal();
    // A panic becomes a reply; its text is of no use to anybody on stderr.
    std::panic::set_hook(Box::new(|_| {}));
    confine::grow_stack();
    // Lazy parts of the engine and of the allocator are touched before the memory in use is measured.
    let mut ready = Ready::new();
    step::warm_up(&mut ready);
    let memory = Memory::measure();
    let confinement = confine::confine();
    match serve(Rooms::new(ready), memory, &Hello { confinement }) {
        Ok(code) => code,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve(mut rooms: Rooms, mut memory: Memory, hello: &Hello) -> io::Result<ExitCode> {
    let (mut stdin, mut stdout) = (io::stdin().lock(), io::stdout().lock());
    let (mut request, mut reply) = (Vec::new(), Vec::new());
    protocol::frame(&mut reply, |out| serde_json::to_writer(out, hello))?;
    loop {
        stdout.write_all(&reply)?;
        stdout.flush()?;
        rooms.tidy();
        if !memory.is_whole() {
            rooms.clear();
            if !memory.is_whole() {
                return Ok(ExitCode::from(protocol::RETIRED));
            }
        }
        if !read_frame(&mut stdin, &mut request)? {
            return Ok(ExitCode::SUCCESS);
        }
        let broken = answer(&mut rooms, &mut memory, &request, &mut reply)?;
        if broken {
            stdout.write_all(&reply)?;
            stdout.flush()?;
            return Err(io::Error::other("the engine is broken"));
        }
    }
}

/// Writes the reply to one request; `true` when nobody should ask this process again.
fn answer(rooms: &mut Rooms, memory: &mut Memory, request: &[u8], reply: &mut Vec<u8>) -> io::Result<bool> {
    let fault = catch_unwind(AssertUnwindSafe(|| match serde_json::from_slice::<Request<'_>>(request) {
        Ok(Request::Run(run)) => {
            memory.limit_step(&run.limits, request.len());
            rooms.run(&run, reply)
        }
        Ok(Request::Check { source }) => {
            step::check(rooms.fresh(), &source)?;
            protocol::frame(reply, |out| serde_json::to_writer(out, &Reply::Checked))?;
            Ok(())
        }
        Err(error) => Err(Reply::Broken(format!("unreadable request: {error}")).into()),
    }));
    let fault = match fault {
        Ok(Ok(())) => return Ok(false),
        Ok(Err(Fault::Reply(reply))) => *reply,
        Ok(Err(Fault::Pipe(error))) => return Err(error),
        Err(_) => Reply::Broken("the engine panicked".to_owned()),
    };
    protocol::frame(reply, |out| serde_json::to_writer(out, &fault))?;
    Ok(matches!(fault, Reply::Broken(_)))
}

/// `false` when the parent has closed the pipe between two frames.
fn read_frame(stdin: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<bool> {
    let mut head = [0; 4];
    match stdin.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        other => other?,
    }
    buffer.clear();
    let length = u32::from_le_bytes(head);
    if stdin.take(u64::from(length)).read_to_end(buffer)? != length as usize {
        return Ok(false);
    }
    Ok(true)
}
