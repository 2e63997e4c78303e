//! A full disk: a small tmpfs that is filled up while people write.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use store::fail_point::Guarantee;

use super::installation::Installation;
use super::verdict::{self, Model};
use super::{bookkeeper, crowd, settle, size, until};

/// Within this it works again when there is space.
const AGAIN: Duration = Duration::from_secs(5);

/// A file system in memory; it is taken away when this is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where we may not mount.
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "none"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }

    /// Writes until nothing fits any more.
    fn fill(&self) {
        let mut ballast = std::fs::OpenOptions::new().create(true).append(true).open(self.ballast()).unwrap();
        for bytes in [65_536, 4_096, 1] {
            while ballast.write_all(&vec![0; bytes]).is_ok() {}
        }
    }

    fn clear(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

/// `None` where no small disk can be had.
async fn endure(broken: Option<Guarantee>) -> Option<Vec<String>> {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&directory.path().join("node-1")) else {
        println!("skipped: only root may mount a small disk");
        return None;
    };
    let installation = Installation::at(directory, None, bookkeeper).await;
    let (people, updates) = (8, 50);
    let mut node = installation.node();
    let breaks = broken.map(Guarantee::name).unwrap_or_default();
    assert!(node.start(&[("SCENARIA_BREAK", breaks)]), "{}", node.said());
    let crowd = crowd(&installation, &[&node], people, updates);
    let (budget, tally) = (Arc::clone(&crowd.budget), Arc::clone(&crowd.tally));
    let writing = tokio::spawn(crowd.write());
    let mut disturbances = vec![Instant::now()];
    let (rounds, mut slowest) = (size("DURABILITY_FILLINGS", 1), Duration::ZERO);
    for _ in 0..rounds {
        budget.add_permits(usize::try_from(people * updates / (rounds + 1)).unwrap());
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (refused, acknowledged) = (count(&tally.refused), count(&tally.acknowledged));
        let ballast = Instant::now();
        until("it meets the full disk", || {
            // The log gives space back now and then.
            disk.fill();
            budget.add_permits(1);
            match broken {
                None => count(&tally.refused) > refused + 20,
                // Then nobody is refused.
                Some(_) => {
                    count(&tally.acknowledged) > acknowledged + 200 || budget.available_permits() > 400
                }
            }
        })
        .await;
        disturbances.push(ballast);
        disk.clear();
        if broken.is_some() {
            // Anew, and not broken any longer: what is missing in the end was lost.
            node.kill();
            assert!(node.start(&[]), "{}", node.said());
        }
        let (began, before) = (Instant::now(), count(&tally.acknowledged));
        until("it takes updates again", || writing.is_finished() || count(&tally.acknowledged) > before)
            .await;
        slowest = slowest.max(began.elapsed());
    }
    budget.add_permits(usize::try_from(people * updates).unwrap());
    writing.await.unwrap();
    let model = Model::of(people, updates, &disturbances);
    settle(&installation, &installation.store(), &model).await;
    node.stop();
    let store = installation.store();
    let mut faults = verdict::faults(&installation, &store, &model).await;
    store.close().await;
    if slowest > AGAIN {
        faults.push(format!("it took {slowest:?} until it worked again"));
    }
    println!(
        "{rounds} times full: {} refused, {} acknowledged, works again after at most {:.1} s; {} faults",
        count(&tally.refused),
        count(&tally.acknowledged),
        slowest.as_secs_f64(),
        faults.len()
    );
    Some(faults)
}

fn count(of: &AtomicUsize) -> usize {
    of.load(Ordering::Relaxed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_loses_nothing() {
    let Some(faults) = endure(None).await else { return };
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The test notices: where a batch goes on although the disk was full, what was acknowledged with it is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_goes_on_on_a_full_disk_is_found_out() {
    let Some(faults) = endure(Some(Guarantee::WholeBatch)).await else { return };
    assert!(faults.iter().any(|fault| fault.contains("are missing")), "nobody noticed: {faults:?}");
}
