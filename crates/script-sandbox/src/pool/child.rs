//! One child process as the parent sees it: its pipes, one exchange at a time, and how it died.

use std::{
    io,
    pin::{Pin, pin},
    process::{ExitStatus, Stdio},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWrite, AsyncWriteExt},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::{Instant, timeout, timeout_at},
};

use crate::{
    Which,
    protocol::{Hello, RETIRED, Reply},
};

use super::{
    WorkerCommand,
    priority::{self, Behind},
    queue::{Place, Standing},
};

/// A process that has just started on a busy machine may take a while to say hello.
const HELLO: Duration = Duration::from_secs(10);
/// The same for one that gets only what nobody else wants.
const HELLO_APART: Duration = Duration::from_secs(60);
const LONGEST_HELLO: usize = 4 << 10;
/// A step that takes longer than nearly all of them makes way for the others, so that one endless loop does not
/// make everybody else wait for a core.
const SHORT: Duration = Duration::from_millis(50);
/// The same for those whose script was stopped lately: most steps take a tenth of it.
const SHORT_AFTER_FAULT: Duration = Duration::from_millis(2);
/// From closed pipes to a status to collect.
const DEATH: Duration = Duration::from_secs(2);
/// Most replies are read with one call.
const USUAL_REPLY: usize = 4 << 10;
/// Of a buffer that had to grow this much stays.
const KEPT_BUFFER: usize = 64 << 10;

pub(super) struct Worker {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
    /// What was read of the frame that comes in.
    buffer: Vec<u8>,
    /// The step that lies in the pipe or runs.
    step: Option<Step>,
    pub place: Place,
    pub steps: u32,
    /// Works at a lower priority than others, for good: only a privileged server could take that back.
    pub was_slow: bool,
}

/// A step that was handed over.
struct Step {
    frame: Arc<Vec<u8>>,
    /// How much of it went into the pipe.
    written: usize,
    begun: Instant,
    standing: Standing,
}

/// How an exchange without a reply ended.
pub(super) enum End {
    /// Died of a limit, or was stopped by us.
    OverBudget(Which),
    /// Made room for a fresh process before it read the request, or was gone before it could have.
    Retired,
    /// Died of anything else, in words for the operator.
    Crashed(String),
}

impl Worker {
    /// Starts the process. Must run inside a tokio runtime, on a thread that lives as long as the pool: the
    /// parent-death signal of the child goes off when *the thread* ends that started it (prctl(2)).
    pub fn spawn(command: &WorkerCommand, place: Place) -> io::Result<Self> {
        let mut child = Command::new(&command.program)
            .args(&command.args)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(io::Error::other("a child without pipes"));
        };
        if place == Place::Apart {
            // Before it does anything: the start of a process is the dearest thing a crash can cause.
            priority::lower(child.id(), Behind::Everybody);
        }
        let buffer = Vec::with_capacity(USUAL_REPLY);
        Ok(Self { child, stdin, stdout, stderr, buffer, step: None, place, steps: 0, was_slow: false })
    }

    /// Waits until the child has built its walls.
    pub async fn hello(&mut self) -> Result<Hello, String> {
        let patience = if self.place == Place::Apart { HELLO_APART } else { HELLO };
        let hello = match timeout(patience, self.read_frame(LONGEST_HELLO)).await {
            Ok(Ok(frame)) => serde_json::from_slice(frame).map_err(|error| error.to_string()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no sign of life within {} s", patience.as_secs())),
        };
        match hello {
            Ok(hello) => Ok(hello),
            Err(error) => Err(format!("{error}; {}", self.words_of_death().await)),
        }
    }

    pub fn is_dead(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Hands over a request, as much of it as the pipe takes at once, which nearly always is all of it: so the
    /// child has its next step before the task that waits for the answer has woken up.
    pub fn begin(&mut self, frame: Arc<Vec<u8>>, standing: Standing) {
        // Whoever waits for the answer asks again, with a waker of its own.
        let mut nobody = Context::from_waker(Waker::noop());
        let written = match Pin::new(&mut self.stdin).poll_write(&mut nobody, &frame) {
            Poll::Ready(Ok(written)) => written,
            // A child that is gone is found out by whoever waits, without a system call for each that is not.
            Poll::Ready(Err(_)) | Poll::Pending => 0,
        };
        self.steps += 1;
        self.step = Some(Step { frame, written, begun: Instant::now(), standing });
    }

    /// The reply to what was handed over, within `wall`. After an error this worker must not be used again. A step
    /// makes way for others sooner when a script of its tenant was stopped lately.
    pub async fn finish(&mut self, wall: Duration, longest: usize) -> Result<Reply, End> {
        let Some(Step { frame, written, begun, standing }) = self.step.take() else {
            return Err(End::Crashed("no step was handed over".to_owned()));
        };
        let way = match (self.place, standing) {
            (Place::Apart, _) => None,
            (Place::Common, Standing::Good) => Some((SHORT, Behind::Somewhat)),
            (Place::Common, _) => Some((SHORT_AFTER_FAULT, Behind::Somewhat)),
        };
        let pid = self.child.id();
        let mut is_slow = false;
        let outcome = {
            let mut exchange = pin!(async {
                let mut written = written;
                if written == 0 {
                    // Killed while idle, by the kernel or an operator: no reason to fail a step that has not begun.
                    let Ok(first) = self.stdin.write(&frame).await else { return Ok(Err(End::Retired)) };
                    written = first;
                }
                self.stdin.write_all(frame.get(written..).unwrap_or_default()).await?;
                let reply = serde_json::from_slice(self.read_frame(longest).await?);
                io::Result::Ok(reply.map_err(|error| End::Crashed(format!("bad reply: {error}"))))
            });
            let early = match way {
                Some((short, behind)) if short < wall => {
                    let early = timeout_at(begun + short, &mut exchange).await.ok();
                    if early.is_none() {
                        is_slow = true;
                        priority::lower(pid, behind);
                    }
                    early
                }
                _ => None,
            };
            match early {
                Some(outcome) => Ok(outcome),
                None => timeout_at(begun + wall, exchange).await,
            }
        };
        self.was_slow |= is_slow;
        match outcome {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                Err(End::Crashed(error.to_string()))
            }
            Ok(Err(_)) => Err(self.cause_of_death().await),
            Err(_) => {
                let _ = self.child.start_kill();
                Err(End::OverBudget(Which::Time))
            }
        }
    }

    /// The body of the next frame. The child says nothing unasked, so what comes behind it is a misbehaviour.
    async fn read_frame(&mut self, longest: usize) -> io::Result<&[u8]> {
        let broken = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_BUFFER);
        let mut end = None;
        loop {
            if self.stdout.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if end.is_none()
                && let Some(head) = self.buffer.first_chunk::<4>()
            {
                let bytes = u32::from_le_bytes(*head) as usize;
                if bytes > longest {
                    return Err(broken(format!("a frame of {bytes} bytes, at most {longest} allowed")));
                }
                self.buffer.reserve((bytes + 4).saturating_sub(self.buffer.len()));
                end = Some(bytes + 4);
            }
            match end {
                Some(end) if self.buffer.len() > end => return Err(broken("more than one frame".to_owned())),
                Some(end) if self.buffer.len() == end => return Ok(self.buffer.get(4..).unwrap_or_default()),
                _ => {}
            }
        }
    }

    async fn cause_of_death(&mut self) -> End {
        match timeout(DEATH, self.child.wait()).await {
            Ok(Ok(status)) if status.code() == Some(i32::from(RETIRED)) => End::Retired,
            Ok(Ok(status)) => {
                let words = self.last_words().await;
                match budget_behind(status, &words) {
                    Some(which) => End::OverBudget(which),
                    None => End::Crashed(format!("{status} {words}")),
                }
            }
            Ok(Err(error)) => End::Crashed(error.to_string()),
            Err(_) => End::Crashed("it closed its pipe but lives".to_owned()),
        }
    }

    async fn words_of_death(&mut self) -> String {
        let _ = self.child.start_kill();
        let status = match timeout(DEATH, self.child.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            _ => "no exit status".to_owned(),
        };
        format!("{status} {}", self.last_words().await)
    }

    /// What the dead child has said on stderr. Nobody reads it while the child lives: it has nothing to say.
    async fn last_words(&mut self) -> String {
        let mut words = vec![0; 512];
        let read = timeout(Duration::from_millis(50), self.stderr.read(&mut words)).await;
        words.truncate(read.ok().and_then(Result::ok).unwrap_or(0));
        String::from_utf8_lossy(&words).trim().to_owned()
    }
}

/// The limit a process died of.
///
/// A failed allocation makes Rust print a line and abort. An overflow of the stack is SIGSEGV, because the
/// stack was made larger after Rust had noted its end; where it had not, Rust prints a line and aborts.
#[cfg(unix)]
fn budget_behind(status: ExitStatus, words: &str) -> Option<Which> {
    use std::os::unix::process::ExitStatusExt;
    match status.signal()? {
        libc::SIGABRT if words.contains("overflowed its stack") => Some(Which::Depth),
        libc::SIGABRT => Some(Which::Memory),
        libc::SIGSEGV => Some(Which::Depth),
        libc::SIGXCPU => Some(Which::Time),
        // Nobody of us sends it here: the kernel's out-of-memory killer, in a container perhaps.
        libc::SIGKILL => Some(Which::Memory),
        _ => None,
    }
}

#[cfg(not(unix))]
fn budget_behind(_status: ExitStatus, words: &str) -> Option<Which> {
    if words.contains("overflowed its stack") {
        Some(Which::Depth)
    } else if words.contains("memory allocation") {
        Some(Which::Memory)
    } else {
        None
    }
}
