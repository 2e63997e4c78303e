//! Starts children, one for each order, and tries again when a start fails.

use std::{
    io,
    sync::{Arc, Weak, mpsc},
    time::Duration,
};

use tokio::runtime::Handle;

use crate::{Unavailable, protocol::Wall};

use super::{Pool, child::Worker, queue::Place};

/// A thread of its own: a child dies with *the thread* that started it, and tokio's threads come and go. It
/// ends when the pool does.
pub(super) fn start(pool: &Arc<Pool>, orders: mpsc::Receiver<Place>, runtime: Handle) -> io::Result<()> {
    let pool = Arc::downgrade(pool);
    std::thread::Builder::new().name("script-keeper".to_owned()).spawn(move || {
        // Until the pool drops its end of the channel.
        while let Ok(place) = orders.recv() {
            let Some(command) = pool.upgrade().map(|pool| pool.config.command.clone()) else { return };
            let _runtime = runtime.enter();
            let worker = Worker::spawn(&command, place);
            runtime.spawn(welcome(worker, place, Weak::clone(&pool)));
        }
    })?;
    Ok(())
}

async fn welcome(worker: io::Result<Worker>, place: Place, pool: Weak<Pool>) {
    let started = match worker {
        Ok(mut worker) => worker.hello().await.map(|hello| (worker, hello.confinement)),
        Err(error) => Err(error.to_string()),
    };
    let Some(pool) = pool.upgrade() else { return };
    match started {
        Ok((worker, confinement)) => {
            let first = pool.state().confinement.is_none();
            match &confinement.seccomp {
                Wall::Missing(reason) if !pool.config.allow_unconfined => {
                    tracing::error!(%reason, "scripts are refused: workers cannot be confined with seccomp");
                    let refused = Unavailable::Unconfined(Arc::clone(reason));
                    let mut state = pool.state();
                    state.confinement = Some(confinement);
                    state.refused = Some(refused.clone());
                    turn_away(&mut state, &refused);
                    return;
                }
                Wall::Missing(reason) if first => {
                    tracing::warn!(%reason, "scripts run without seccomp because the operator allows it");
                }
                Wall::Missing(_) | Wall::Stands => {}
            }
            if first {
                warn_if_missing("Landlock", &confinement.landlock);
                warn_if_missing("limits", &confinement.limits);
            }
            pool.add(worker, confinement);
        }
        Err(reason) => try_later(&pool, place, &reason),
    }
}

fn warn_if_missing(what: &str, wall: &Wall) {
    if let Wall::Missing(reason) = wall {
        tracing::warn!(wall = what, %reason, "a wall around script workers is missing");
    }
}

fn try_later(pool: &Arc<Pool>, place: Place, reason: &str) {
    tracing::error!(reason, "a script worker did not start");
    let failures = {
        let mut state = pool.state();
        state.failures = state.failures.saturating_add(1);
        if let Some(hopeless) = state.hopeless() {
            turn_away(&mut state, &hopeless);
        }
        state.failures
    };
    let pause = Duration::from_millis(100) * 2_u32.pow(failures.min(6));
    pool.want_worker_in(place, pause);
}

fn turn_away(state: &mut super::State, why: &Unavailable) {
    for waiter in state.queue.drain() {
        // No lease inside, so nothing that would come back for the lock.
        let _ = waiter.turn.send(Err(why.clone()));
    }
}
