//! Queues and locks: the originals, ours, and hotpath's, while hotpath listens.
//!
//! A lock is free, and a thread receives what it has just sent: nobody waits, so that what is left is what knowing of it
//! costs. With two threads, each takes the same lock.

use std::sync::{LazyLock, mpsc};

use benches::rounds::Row;
use hotpath::wrap::std::sync as theirs;
use perf_runtime::sync;

/// Items that a bounded queue holds.
const BOUND: usize = 64;

macro_rules! locks {
    ($($name:literal, $lock:ty = $made:expr, $x:ident of $own:ident => $call:expr;)*) => {
        vec![$({
            static LOCK: LazyLock<$lock> = LazyLock::new(|| $made);
            let run = |calls| {
                let $own = &*LOCK;
                for $x in 0..calls {
                    $call;
                }
            };
            [Row::new($name, run), Row { threads: 2, ..Row::new(concat!($name, ", two threads"), run) }]
        }),*]
        .concat()
    };
}

fn locks() -> Vec<Row> {
    locks! {
        "std Mutex", std::sync::Mutex<u64> = std::sync::Mutex::new(0), x of lock => *lock.lock().unwrap() += x;
        "ours: std Mutex", sync::Mutex<u64> = sync::Mutex::named("bench", 0), x of lock => *lock.lock().unwrap() += x;
        "std RwLock, read", std::sync::RwLock<u64> = std::sync::RwLock::new(0),
            x of lock => std::hint::black_box(*lock.read().unwrap() + x);
        "ours: std RwLock, read", sync::RwLock<u64> = sync::RwLock::named("bench", 0),
            x of lock => std::hint::black_box(*lock.read().unwrap() + x);
        "parking_lot Mutex", parking_lot::Mutex<u64> = parking_lot::Mutex::new(0), x of lock => *lock.lock() += x;
        "ours: parking_lot Mutex", sync::parking_lot::Mutex<u64> = sync::parking_lot::Mutex::named("bench", 0),
            x of lock => *lock.lock() += x;
    }
}

/// Hotpath's, which have somebody else work for them.
fn hotpath_locks() -> Vec<Row> {
    let rows = locks! {
        "hotpath: std Mutex", theirs::Mutex<u64> = hotpath::mutex!(std::sync::Mutex::new(0)),
            x of lock => *lock.lock().unwrap() += x;
        "hotpath: std RwLock, read", theirs::RwLock<u64> = hotpath::rw_lock!(std::sync::RwLock::new(0)),
            x of lock => std::hint::black_box(*lock.read().unwrap() + x);
    };
    rows.into_iter().map(|row| row.recorded(|| ())).collect()
}

macro_rules! queues {
    ($($name:literal, $ends:ty = $made:expr;)*) => {
        vec![$({
            thread_local!(static ENDS: $ends = $made);
            Row::new($name, |calls| ENDS.with(|(sender, receiver)| {
                for x in 0..calls {
                    sender.send(x).unwrap();
                    std::hint::black_box(receiver.recv().unwrap());
                }
            }))
        }),*]
    };
}

fn queues() -> Vec<Row> {
    queues! {
        "std channel", (mpsc::Sender<u64>, mpsc::Receiver<u64>) = mpsc::channel();
        "ours: std channel", (sync::mpsc::Sender<u64>, sync::mpsc::Receiver<u64>) = sync::mpsc::channel("bench");
        "std sync_channel", (mpsc::SyncSender<u64>, mpsc::Receiver<u64>) = mpsc::sync_channel(BOUND);
        "ours: std sync_channel", (sync::mpsc::SyncSender<u64>, sync::mpsc::Receiver<u64>)
            = sync::mpsc::sync_channel("bench", BOUND);
        "crossbeam bounded", (crossbeam_channel::Sender<u64>, crossbeam_channel::Receiver<u64>)
            = crossbeam_channel::bounded(BOUND);
        "ours: crossbeam bounded", (sync::crossbeam::Sender<u64>, sync::crossbeam::Receiver<u64>)
            = sync::crossbeam::bounded("bench", BOUND);
    }
}

fn hotpath_queues() -> Vec<Row> {
    let rows = queues! {
        "hotpath: std channel", (theirs::mpsc::Sender<u64>, theirs::mpsc::Receiver<u64>)
            = hotpath::channel!(mpsc::channel::<u64>());
        "hotpath: std sync_channel", (theirs::mpsc::SyncSender<u64>, theirs::mpsc::Receiver<u64>)
            = hotpath::channel!(mpsc::sync_channel::<u64>(BOUND), capacity = BOUND);
    };
    rows.into_iter().map(|row| row.recorded(|| ())).collect()
}

/// All of them.
pub(crate) fn rows() -> Vec<Row> {
    [locks(), hotpath_locks(), queues(), hotpath_queues()].concat()
}
