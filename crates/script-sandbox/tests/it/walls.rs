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

/// A child that tries something after building its walls is killed by the kernel; the same attempt without
/// the walls works, so it is the walls that stop it.
#[cfg(target_os = "linux")]
#[test]
fn a_forbidden_system_call_kills_the_child() {
    for what in ["open", "connect", "process", "thread", "descriptor"] {
        let confined = Command::new(worker_program()).args(["probe", what]).env_clear().output().unwrap();
        assert_eq!(confined.status.signal(), Some(libc_sigsys()), "{what}: {confined:?}");
        let free =
            Command::new(worker_program()).args(["probe", what, "no-walls"]).env_clear().output().unwrap();
        assert!(free.status.success(), "{what} must succeed without walls: {free:?}");
    }
    let confined = Command::new(worker_program()).args(["probe", "nothing"]).env_clear().output().unwrap();
    assert!(confined.status.success(), "the walls alone kill nobody: {confined:?}");
    let confined = Command::new(worker_program()).args(["probe", "memory"]).env_clear().output().unwrap();
    assert_eq!(confined.status.code(), Some(1), "the address space ends before 300 MiB: {confined:?}");
    let free =
        Command::new(worker_program()).args(["probe", "memory", "no-walls"]).env_clear().output().unwrap();
    assert!(free.status.success(), "{free:?}");
}

#[cfg(target_os = "linux")]
fn libc_sigsys() -> i32 {
    31
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
