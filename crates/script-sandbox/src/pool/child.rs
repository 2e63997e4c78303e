//! One child process as the parent sees it: its pipes, one exchange at a time, and how it died.

use std::{
    io,
    pin::pin,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use crate::{
    Which,
    protocol::{Hello, RETIRED, Reply},
};

use super::{
    WorkerCommand,
    priority::{self, Behind},
};

/// A process that has just started on a busy machine may take a while to say hello.
const HELLO: Duration = Duration::from_secs(10);
const LONGEST_HELLO: usize = 4 << 10;
/// A step that takes longer than nearly all of them makes way for the others, so that one endless loop does not
/// make everybody else wait for a core.
const SHORT: Duration = Duration::from_millis(50);
/// The same for those whose script was stopped lately: most steps take a tenth of it.
const SHORT_AFTER_FAULT: Duration = Duration::from_millis(2);
/// From closed pipes to a status to collect.
const DEATH: Duration = Duration::from_secs(2);

pub(super) struct Worker {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
    /// What was read beyond the last frame, which is nothing unless the child misbehaves.
    buffer: Vec<u8>,
    pub steps: u32,
    /// Works at a lower priority than others, for good: only a privileged server could take that back.
    pub was_slow: bool,
}

/// How an exchange without a reply ended.
pub(super) enum End {
    /// Died of a limit, or was stopped by us.
    OverBudget(Which),
    /// Made room for a fresh process before it read the request.
    Retired,
    /// Died of anything else, in words for the operator.
    Crashed(String),
}

impl Worker {
    /// Starts the process. Must run inside a tokio runtime, on a thread that lives as long as the pool: the
    /// parent-death signal of the child goes off when *the thread* ends that started it (prctl(2)).
    pub fn spawn(command: &WorkerCommand) -> io::Result<Self> {
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
        Ok(Self { child, stdin, stdout, stderr, buffer: Vec::new(), steps: 0, was_slow: false })
    }

    /// Waits until the child has built its walls.
    pub async fn hello(&mut self) -> Result<Hello, String> {
        let hello = match timeout(HELLO, self.read_frame(LONGEST_HELLO)).await {
            Ok(Ok(frame)) => serde_json::from_slice(&frame).map_err(|error| error.to_string()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no sign of life within {} s", HELLO.as_secs())),
        };
        match hello {
            Ok(hello) => Ok(hello),
            Err(error) => Err(format!("{error}; {}", self.words_of_death().await)),
        }
    }

    pub fn is_dead(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// One request, one reply, within `wall`. After an error this worker must not be used again. A step makes way
    /// for others sooner and farther when a script of its tenant was stopped lately (`held`).
    pub async fn exchange(
        &mut self,
        frame: &[u8],
        wall: Duration,
        longest: usize,
        held: bool,
    ) -> Result<Reply, End> {
        let (short, behind) =
            if held { (SHORT_AFTER_FAULT, Behind::Everybody) } else { (SHORT, Behind::Somewhat) };
        self.steps += 1;
        let pid = self.child.id();
        let mut is_slow = false;
        let outcome = {
            let mut exchange = pin!(async {
                self.stdin.write_all(frame).await?;
                self.read_frame(longest).await
            });
            match timeout(wall.min(short), &mut exchange).await {
                Err(_) if wall > short => {
                    is_slow = true;
                    priority::lower(pid, behind);
                    timeout(wall - short, exchange).await
                }
                outcome => outcome,
            }
        };
        self.was_slow |= is_slow;
        match outcome {
            Ok(Ok(reply)) => {
                serde_json::from_slice(&reply).map_err(|error| End::Crashed(format!("bad reply: {error}")))
            }
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

    async fn read_frame(&mut self, longest: usize) -> io::Result<Vec<u8>> {
        let mut length = None;
        loop {
            if length.is_none()
                && let Some(head) = self.buffer.first_chunk::<4>()
            {
                let bytes = u32::from_le_bytes(*head) as usize;
                if bytes > longest {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!("a frame of {bytes} bytes, at most {longest} allowed"),
                    ));
                }
                self.buffer.reserve(bytes + 4);
                length = Some(bytes + 4);
            }
            if let Some(end) = length
                && self.buffer.len() >= end
            {
                let rest = self.buffer.split_off(end);
                let mut frame = std::mem::replace(&mut self.buffer, rest);
                frame.drain(..4);
                return Ok(frame);
            }
            if self.stdout.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
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
