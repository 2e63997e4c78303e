//! A throw-away PostgreSQL server for the tests, from the binaries Debian installs.
//!
//! It keeps its files in the temporary directory, not under `target`: started by root it runs as the
//! user `postgres`, who may not look into a checkout below `/root`.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, io::Read, thread};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, geteuid, kill_process};

const PREFIX: &str = "scenaria-test-postgres-";
const USER: &str = "scenaria";
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A running server; dropping it stops the server and deletes its files.
pub struct Postgres {
    child: Child,
    dir: PathBuf,
    url: String,
    durable: Durable,
}

/// `setpriv` makes the server die with us even when we are killed, and changes the user for root.
struct Runner {
    bin: PathBuf,
    account: Option<Account>,
    durable: Durable,
}

/// Whether a commit is on the disk before it is acknowledged.
#[derive(Clone, Copy)]
struct Durable(bool);

struct Account {
    uid: u32,
    gid: u32,
}

impl Postgres {
    /// Makes a cluster and starts a server on a free port of 127.0.0.1 with a random password.
    ///
    /// # Errors
    /// No PostgreSQL binaries, or a server that does not come up (its log is in the message).
    pub fn start() -> Result<Self> {
        Self::start_with(Durable(false))
    }

    /// The same, but it keeps what it has committed, as an operator's does: for measuring.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub fn start_durable() -> Result<Self> {
        Self::start_with(Durable(true))
    }

    fn start_with(durable: Durable) -> Result<Self> {
        let runner = Runner::find(durable)?;
        remove_leftovers();
        let dir = env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&dir)
            .with_context(|| format!("create {}", dir.display()))?;
        let started = runner.init(&dir).and_then(|password| runner.serve(&dir, &password));
        if started.is_err() {
            let _ = fs::remove_dir_all(&dir);
        }
        started
    }

    /// Stops the server as a crash does, without a word to its clients, and starts it again in the same place.
    ///
    /// # Errors
    /// A server that does not come up again.
    pub fn restart(&mut self) -> Result<()> {
        let runner = Runner::find(self.durable)?;
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            kill_process(pid, Signal::QUIT)?;
        }
        self.child.wait()?;
        let port = self.url.rsplit(['/', ':']).nth(1).and_then(|port| port.parse().ok());
        let port = port.context("the address has no port")?;
        let log = File::options().append(true).open(self.dir.join("log"))?;
        self.child = runner.spawn(&self.dir, port, log)?;
        let ready = runner.wait_until_ready(self, port)?;
        ensure!(ready, "PostgreSQL did not start again:\n{}", fs::read_to_string(self.dir.join("log"))?);
        Ok(())
    }

    /// Where the tests connect; the user may create databases.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast shutdown; killing it would leak its shared memory segment.
        if let (Ok(None), Some(pid)) = (self.child.try_wait(), Pid::from_raw(self.child.id().cast_signed())) {
            let _ = kill_process(pid, Signal::INT);
        }
        let deadline = Instant::now() + STOP_LIMIT;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}

impl Runner {
    fn find(durable: Durable) -> Result<Self> {
        let bin = find_bin().context("no PostgreSQL server binaries: run `cargo xtask setup`")?;
        let account = if geteuid().is_root() { Some(Account::find("postgres")?) } else { None };
        Ok(Self { bin, account, durable })
    }

    fn init(&self, dir: &Path) -> Result<String> {
        let password = random_hex()?;
        let password_file = dir.join("password");
        fs::write(&password_file, &password)?;
        self.give(dir)?;
        self.give(&password_file)?;
        // A linguistic collation, as most installations have: what sorts right only by bytes fails here.
        let output = self
            .command("initdb", dir)
            .args(["--username", USER, "--auth", "scram-sha-256", "--pwfile"])
            .arg(&password_file)
            .args([
                "--encoding",
                "UTF8",
                "--locale",
                "C.UTF-8",
                "--locale-provider",
                "icu",
                "--icu-locale",
                "en-US",
            ])
            .args(["--no-sync", "--pgdata"])
            .arg(dir.join("data"))
            .output()
            .context("run initdb")?;
        ensure!(output.status.success(), "initdb failed: {}", String::from_utf8_lossy(&output.stderr));
        Ok(password)
    }

    fn serve(&self, dir: &Path, password: &str) -> Result<Postgres> {
        // Another process may take the port between our look and PostgreSQL's bind: try again then.
        let mut last = String::new();
        for _ in 0..3 {
            let port = free_port()?;
            let log = dir.join("log");
            let log_file = File::create(&log)?;
            let child = self.spawn(dir, port, log_file)?;
            let url = format!("postgres://{USER}:{password}@127.0.0.1:{port}/postgres");
            // From here on the guard stops the server, whatever happens.
            let mut server = Postgres { child, dir: dir.to_owned(), url, durable: self.durable };
            if self.wait_until_ready(&mut server, port)? {
                return Ok(server);
            }
            File::open(&log)?.read_to_string(&mut last)?;
            if !last.contains("Address already in use") {
                break;
            }
            // The guard would delete the cluster that the next attempt needs.
            server.dir = PathBuf::new();
        }
        bail!("PostgreSQL did not start:\n{last}");
    }

    fn spawn(&self, dir: &Path, port: u16, log: File) -> Result<Child> {
        self.command("postgres", dir)
            .arg("-D")
            .arg(dir.join("data"))
            .args(settings(port, self.durable).iter().flat_map(|setting| ["-c", setting.as_str()]))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("start postgres")
    }

    fn wait_until_ready(&self, server: &mut Postgres, port: u16) -> Result<bool> {
        let port = port.to_string();
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline && server.child.try_wait()?.is_none() {
            let ready = Command::new(self.bin.join("pg_isready"))
                .args(["--quiet", "--host", "127.0.0.1", "--port", &port])
                .status()
                .context("run pg_isready")?;
            if ready.success() {
                return Ok(true);
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(false)
    }

    fn command(&self, program: &str, dir: &Path) -> Command {
        let mut command = Command::new("setpriv");
        if let Some(Account { uid, gid }) = &self.account {
            command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--init-groups");
        }
        command.arg("--pdeathsig=INT").arg(self.bin.join(program)).current_dir(dir);
        command
    }

    fn give(&self, path: &Path) -> Result<()> {
        if let Some(Account { uid, gid }) = self.account {
            chown(path, Some(uid), Some(gid)).with_context(|| format!("give {} away", path.display()))?;
        }
        Ok(())
    }
}

impl Account {
    fn find(name: &str) -> Result<Self> {
        let id = |flag: &str| -> Result<u32> {
            let output = Command::new("id").args([flag, name]).output()?;
            ensure!(
                output.status.success(),
                "PostgreSQL refuses root, and there is no user `{name}` to run it as"
            );
            Ok(String::from_utf8(output.stdout)?.trim().parse()?)
        };
        Ok(Self { uid: id("-u")?, gid: id("-g")? })
    }
}

/// The directory with the newest `initdb` and `postgres`; Debian keeps them off the path.
pub fn find_bin() -> Option<PathBuf> {
    let complete =
        |dir: &PathBuf| ["initdb", "postgres", "pg_isready"].iter().all(|name| dir.join(name).exists());
    let version = |dir: &PathBuf| -> u32 {
        let name = dir.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        name.and_then(|name| name.parse().ok()).unwrap_or(0)
    };
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = debian.map(|entry| entry.path().join("bin")).filter(complete).max_by_key(version);
    newest.or_else(|| env::split_paths(&env::var_os("PATH")?).find(complete))
}

fn settings(port: u16, durable: Durable) -> Vec<String> {
    let mut settings = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".into(),
        "unix_socket_directories=".into(),
        "max_connections=300".into(),
        "timezone=UTC".into(),
    ];
    if !durable.0 {
        // Nothing of a test outlives the run, so durability would only cost time.
        settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"].map(str::to_owned));
    }
    settings
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn random_hex() -> Result<String> {
    let mut bytes = [0u8; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Deletes the files of servers whose xtask was killed; the servers themselves died with it.
fn remove_leftovers() {
    for entry in fs::read_dir(env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner =
            name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|pid| pid.parse::<u32>().ok());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
