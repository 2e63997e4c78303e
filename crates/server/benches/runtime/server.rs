//! The binary under load, as an operator runs it.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub struct Server {
    child: Child,
    public: SocketAddr,
}

impl Server {
    /// Starts it and waits until it serves.
    pub fn start(data: &Path, database_url: Option<&str>) -> Self {
        // It is told the address of the messengers only by option; somebody else may take the port meanwhile,
        // and then it says so.
        let public = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_scenaria"));
        command
            .args(["serve", "--admin-addr", "127.0.0.1:0", "--allow-private-channels", "127.0.0.1"])
            .args(["--public-addr", &public.to_string()])
            .env("SCENARIA_DATA_DIR", data)
            .stdout(Stdio::piped());
        if let Some(url) = database_url {
            command.env("SCENARIA_DATABASE_URL", url);
        }
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("http://"), "the server did not start");
        Self { child, public }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn public(&self) -> SocketAddr {
        self.public
    }

    /// Asks it to end, and waits.
    pub fn stop(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().unwrap();
        assert!(asked.success() && self.child.wait().unwrap().success(), "the server did not end cleanly");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
