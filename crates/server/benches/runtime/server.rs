//! What is under load: the binary as an operator runs it, or a bot written by hand in its place.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The directory of the bot written by hand, with its packages installed.
const BY_HAND: &str = "SCENARIA_BENCH_BY_HAND";

pub struct Server {
    child: Child,
    output: BufReader<ChildStdout>,
    public: SocketAddr,
}

impl Server {
    /// Starts the binary and waits until it serves.
    pub fn start(data: &Path, database_url: Option<&str>) -> Self {
        let public = free_address();
        let mut command = Command::new(env!("CARGO_BIN_EXE_scenaria"));
        command
            .args(["serve", "--admin-addr", "127.0.0.1:0", "--allow-private-channels", "127.0.0.1"])
            .args(["--public-addr", &public.to_string()])
            .env("SCENARIA_DATA_DIR", data);
        if let Some(url) = database_url {
            command.env("SCENARIA_DATABASE_URL", url);
        }
        Self::run(command, public)
    }

    /// Starts the bot written by hand with a database of its own.
    pub fn start_by_hand(data: &Path, api_port: u16) -> Self {
        let bot = std::env::var(BY_HAND).expect("SCENARIA_BENCH_BY_HAND is set");
        let public = free_address();
        let mut command = Command::new("node");
        command
            .arg(Path::new(&bot).join("bot.mjs"))
            .args([public.to_string(), format!("http://127.0.0.1:{api_port}")])
            .arg(data.join("by-hand.db"));
        Self::run(command, public)
    }

    fn run(mut command: Command, public: SocketAddr) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.contains("http://"), "the server did not start");
        Self { child, output, public }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn public(&self) -> SocketAddr {
        self.public
    }

    /// Asks it to end, and waits. Answers what it has said since it serves.
    pub fn stop(mut self) -> String {
        let asked = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().unwrap();
        let mut said = String::new();
        self.output.read_to_string(&mut said).unwrap();
        assert!(asked.success() && self.child.wait().unwrap().success(), "the server did not end cleanly");
        said
    }
}

/// It is told the address of the messengers only by option; somebody else may take the port meanwhile, and then it says
/// so.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
