//! The walls around a child, each with a negative control in which the attack succeeds.

#[cfg(target_os = "linux")]
use std::{os::unix::process::ExitStatusExt, process::Command};

use script_sandbox::Wall;
#[cfg(target_os = "linux")]
use script_sandbox::{Budget, Sandbox};
use serde_json::json;

#[cfg(target_os = "linux")]
use crate::support::{children, config, worker_program};
use crate::support::{result_of, sandbox};

#[tokio::test]
async fn the_language_offers_no_way_out() {
    let sandbox = sandbox();
    for (source, expected) in [
        (
            "return [].constructor.constructor('return typeof process + typeof require + typeof fetch + typeof Deno')()",
            json!("undefinedundefinedundefinedundefined"),
        ),
        ("return Function('return this')() === globalThis", json!(true)),
        (
            "return ['process', 'require', 'fetch', 'XMLHttpRequest', 'WebSocket', 'setTimeout', 'setInterval', \
            'Worker', 'importScripts', 'module', 'exports', 'Buffer'].filter(name => name in globalThis)",
            json!([]),
        ),
        ("try { return await import('/etc/passwd') } catch (e) { return 'refused' }", json!("refused")),
        ("try { return await import('fs') } catch (e) { return 'refused' }", json!("refused")),
        (
            "try { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1e9) } catch (e) { return e.name }",
            json!("TypeError"),
        ),
        ("try { return new ArrayBuffer(2 ** 32) } catch (e) { return e.name }", json!("RangeError")),
        ("return new Date(0).getTimezoneOffset()", json!(0)),
        ("return new Date(0).toLocaleString().includes('1970')", json!(true)),
    ] {
        assert_eq!(result_of(&sandbox, source).await, expected, "{source}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_walls_stand() {
    let sandbox = sandbox();
    result_of(&sandbox, "return 1").await;
    let walls = sandbox.status().confinement.unwrap();
    assert_eq!((walls.seccomp, walls.limits), (Wall::Stands, Wall::Stands));
}

/// How an attack behind a wall ends.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy)]
enum Ends {
    /// The kernel kills the process with this signal.
    Killed(i32),
    /// The call fails.
    Refused,
}

/// Each wall by itself stops its attack, and without it the attack succeeds: so it is this wall that stops it,
/// and not another one that happens to stand there too.
#[cfg(target_os = "linux")]
#[test]
fn each_wall_stops_its_attack_and_nothing_else_does() {
    const SIGSYS: i32 = 31;
    const SIGXFSZ: i32 = 25;
    const SIGXCPU: i32 = 24;
    for (wall, attack, ends) in [
        ("Seccomp", "open", Ends::Killed(SIGSYS)),
        ("Seccomp", "connect", Ends::Killed(SIGSYS)),
        ("Seccomp", "listen", Ends::Killed(SIGSYS)),
        ("Seccomp", "process", Ends::Killed(SIGSYS)),
        ("Seccomp", "thread", Ends::Killed(SIGSYS)),
        ("Seccomp", "descriptor", Ends::Killed(SIGSYS)),
        ("Landlock", "open", Ends::Refused),
        ("AddressSpace", "memory", Ends::Refused),
        ("Data", "heap", Ends::Refused),
        ("Cpu", "spin", Ends::Killed(SIGXCPU)),
        ("OpenFiles", "descriptor", Ends::Refused),
        ("Processes", "process", Ends::Refused),
        ("FileSize", "write", Ends::Killed(SIGXFSZ)),
        ("CoreSize", "raise core size", Ends::Refused),
        ("Descriptors", "inherited", Ends::Refused),
        ("Directory", "directory", Ends::Refused),
        ("NoNewPrivileges", "privileges", Ends::Refused),
    ] {
        if wall == "Landlock" && !kernel_has_landlock() {
            eprintln!("skipped: this kernel has no Landlock");
            continue;
        }
        let free = attacked(attack, &[]);
        assert!(free.success(), "{attack} must succeed without walls: {free:?}");
        // Seccomp cannot be had by ordinary people without this one.
        let alone = match wall {
            "Seccomp" => vec!["NoNewPrivileges", wall],
            _ => vec![wall],
        };
        // These two come with the step, not with the worker.
        let together = if matches!(wall, "Data" | "Cpu") { alone.clone() } else { vec!["all"] };
        for walls in [alone, together] {
            let stopped = attacked(attack, &walls);
            match (ends, walls.as_slice()) {
                (Ends::Killed(signal), _) => {
                    // Behind all walls a file that is to grow is stopped by the same one.
                    assert_eq!(stopped.signal(), Some(signal), "{attack} behind {walls:?}: {stopped:?}");
                }
                (Ends::Refused, _) => assert!(!stopped.success(), "{attack} behind {walls:?}: {stopped:?}"),
            }
        }
    }
    assert!(attacked("nothing", &["all"]).success(), "the walls alone kill nobody");
}

/// Runs a probe whose standard output is a file, in an ordinary directory.
#[cfg(target_os = "linux")]
fn attacked(attack: &str, walls: &[&str]) -> std::process::ExitStatus {
    let output = tempfile::tempfile().unwrap();
    Command::new(worker_program())
        .args(["probe", attack])
        .args(walls)
        .env_clear()
        .current_dir(std::env::temp_dir())
        .stdout(output)
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap()
}

#[cfg(target_os = "linux")]
fn kernel_has_landlock() -> bool {
    !attacked("open", &["Landlock"]).success()
        || std::fs::read_to_string("/sys/kernel/security/lsm").is_ok_and(|list| list.contains("landlock"))
}

/// The environment is emptied by the parent; without that a child sees what the server was told.
#[cfg(target_os = "linux")]
#[test]
fn a_child_would_inherit_the_environment() {
    let probe = |clear: bool| {
        let mut command = Command::new(worker_program());
        command.args(["probe", "environment"]).env("SECRET_OF_THE_SERVER", "x");
        if clear {
            command.env_clear();
        }
        command.status().unwrap().success()
    };
    assert!(probe(false) && !probe(true));
}

/// A child that waits goes with its parent, and only because of the signal.
#[cfg(target_os = "linux")]
#[test]
fn an_orphan_is_killed() {
    use std::io::{BufRead, BufReader};

    for (wall, survives) in [(None, true), (Some("ParentDeath"), false)] {
        let (inside, kept_open) = std::io::pipe().unwrap();
        let mut parent = Command::new(worker_program())
            .arg("parent")
            .args(wall)
            .stdin(inside)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // The parent says the child's number, the child that its walls stand.
        let lines = BufReader::new(parent.stdout.take().unwrap()).lines().take(2);
        let lines: Vec<String> = lines.map(|line| line.unwrap()).collect();
        let child: u32 = lines.iter().find_map(|line| line.parse().ok()).unwrap();
        assert!(lines.iter().any(|line| line == "ready"), "{lines:?}");
        let status = || std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        parent.kill().unwrap();
        parent.wait().unwrap();
        if survives {
            std::thread::sleep(std::time::Duration::from_millis(50));
            assert!(
                !status().is_empty() && !status().contains(") Z "),
                "without the wall it lives on: {}",
                status()
            );
        } else {
            wait_for(|| status().is_empty() || status().contains(") Z "));
        }
        // Closing the pipe ends the one that lives on.
        drop(kept_open);
    }
}

#[cfg(target_os = "linux")]
fn wait_for(condition: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !condition() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "it never came about");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

/// What the kernel says about a worker that waits for its next step.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_worker_holds_nothing_but_its_pipes() {
    use std::fs;

    // A descriptor somebody forgot to close on exec: the children must not keep it.
    let leaked = fs::File::open("/dev/null").unwrap();
    keep_on_exec(&leaked);
    let config = config(Budget::default());
    let sandbox = Sandbox::start(config.clone()).unwrap();
    result_of(&sandbox, "return 1").await;
    while sandbox.status().idle < 3 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let children = children(&config);
    assert_eq!(children.len(), 3, "two workers and a spare");
    for child in children {
        let proc = format!("/proc/{child}");
        let mut descriptors: Vec<_> = fs::read_dir(format!("{proc}/fd"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        descriptors.sort();
        assert_eq!(descriptors, ["0", "1", "2"]);
        assert_eq!(fs::read(format!("{proc}/environ")).unwrap(), b"", "no environment");
        assert_eq!(fs::read_link(format!("{proc}/cwd")).unwrap().to_str(), Some("/"));
        let status = fs::read_to_string(format!("{proc}/status")).unwrap();
        for line in ["Seccomp:\t2", "NoNewPrivs:\t1", "Threads:\t1"] {
            assert!(status.contains(line), "{line} in {status}");
        }
        let limits = fs::read_to_string(format!("{proc}/limits")).unwrap();
        for (name, soft) in [
            ("Max address space", "268435456"),
            ("Max core file size", "0"),
            ("Max open files", "3"),
            ("Max file size", "0"),
            ("Max processes", "0"),
            ("Max stack size", "67108864"),
        ] {
            let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
            assert!(line[name.len()..].trim_start().starts_with(&format!("{soft} ")), "{line}");
        }
    }
    drop(leaked);
}

#[cfg(target_os = "linux")]
fn keep_on_exec(file: &std::fs::File) {
    use std::os::fd::AsRawFd;
    // SAFETY: the descriptor is open for as long as the caller holds the file.
    #[allow(unsafe_code, reason = "std never makes a descriptor that survives exec")]
    unsafe {
        assert_eq!(libc::fcntl(file.as_raw_fd(), libc::F_SETFD, 0), 0);
    }
}
