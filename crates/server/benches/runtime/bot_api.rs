//! The messenger: a Bot API server in a process of its own that takes messages and says when each came.
//!
//! It does as little as it can, because it shares the machine with what is measured. `connectors::testing` has the
//! one that keeps to the contract.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::arrivals::Arrivals;
use crate::measure::now_us;

/// The argument that makes this program the messenger.
pub const COMMAND: &str = "bot-api";
/// What stands before the update's number in the text of its message.
pub const MARK: &str = "Order ";

pub struct BotApi {
    pub port: u16,
    child: Child,
}

impl Drop for BotApi {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the process and notes what arrives there.
pub fn start(arrivals: Arc<Arrivals>) -> BotApi {
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new(program).arg(COMMAND).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut port = String::new();
    output.read_line(&mut port).unwrap();
    std::thread::spawn(move || note(output, &arrivals));
    BotApi { port: port.trim().parse().unwrap(), child }
}

fn note(mut output: BufReader<ChildStdout>, arrivals: &Arrivals) {
    let mut record = [0; 16];
    while output.read_exact(&mut record).is_ok() {
        let (number, at) = record.split_at(8);
        let read = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
        arrivals.note(read(number), read(at));
    }
}

/// What the process does: a record of 16 bytes on standard output for every message.
pub fn serve() {
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    threads.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(converse(stream));
        }
    });
}

async fn converse(mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::with_capacity(4096);
    loop {
        let Some((head, length)) = measure_request(&buffer) else {
            match stream.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => continue,
            }
        };
        let whole = head + length;
        while buffer.len() < whole {
            match stream.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        if let Some(number) = number_of(&buffer[head..whole]) {
            let mut record = [0; 16];
            record[..8].copy_from_slice(&number.to_le_bytes());
            record[8..].copy_from_slice(&now_us().to_le_bytes());
            let mut output = std::io::stdout().lock();
            if output.write_all(&record).and_then(|()| output.flush()).is_err() {
                return;
            }
        }
        buffer.drain(..whole);
        const BODY: &str = r#"{"ok":true,"result":{"message_id":4711,"from":{"id":123456789,"is_bot":true,"first_name":"Test Bot","username":"test_bot"},"chat":{"id":1,"first_name":"Anna","type":"private"},"date":1790000000,"text":"Order"}}"#;
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{BODY}",
            BODY.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Length of the head and of the body, once the head is there.
fn measure_request(buffer: &[u8]) -> Option<(usize, usize)> {
    let head = find(buffer, b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Some((head, length.unwrap_or(0)))
}

fn number_of(body: &[u8]) -> Option<u64> {
    let at = find(body, MARK.as_bytes())? + MARK.len();
    let digits = body[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&body[at..at + digits]).ok()?.parse().ok()
}

pub fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
