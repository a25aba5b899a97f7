//! What holds of the originals holds of these.

use std::cell::Cell;

use perf_runtime::sync::{Mutex, MutexGuard, RwLock, crossbeam, mpsc, parking_lot, tokio as named};

#[test]
fn they_go_between_threads_where_the_originals_do() {
    /// Whether a type has a trait, asked of the type: an inherent constant where it does, a trait's where not.
    macro_rules! is {
        ($trait:ident, $type:ty) => {{
            struct Asked<T: ?Sized>(std::marker::PhantomData<T>);
            #[allow(dead_code, reason = "of the two constants one is asked")]
            trait Not {
                const IS: bool = false;
            }
            impl<T: ?Sized> Not for Asked<T> {}
            #[allow(dead_code, reason = "as above")]
            impl<T: ?Sized + $trait> Asked<T> {
                const IS: bool = true;
            }
            <Asked<$type>>::IS
        }};
    }
    macro_rules! same {
        ($($ours:ty = $original:ty;)*) => {$(
            assert_eq!(is!(Send, $ours), is!(Send, $original), stringify!($ours));
            assert_eq!(is!(Sync, $ours), is!(Sync, $original), stringify!($ours));
        )*};
    }
    type Single = Cell<u8>;
    type Neither = std::rc::Rc<u8>;
    same! {
        Mutex<Single> = std::sync::Mutex<Single>;
        Mutex<Neither> = std::sync::Mutex<Neither>;
        MutexGuard<'static, u8> = std::sync::MutexGuard<'static, u8>;
        MutexGuard<'static, Single> = std::sync::MutexGuard<'static, Single>;
        RwLock<Single> = std::sync::RwLock<Single>;
        RwLock<u8> = std::sync::RwLock<u8>;
        perf_runtime::sync::RwLockReadGuard<'static, u8> = std::sync::RwLockReadGuard<'static, u8>;
        parking_lot::MutexGuard<'static, u8> = ::parking_lot::MutexGuard<'static, u8>;
        parking_lot::RwLock<Single> = ::parking_lot::RwLock<Single>;
        named::MutexGuard<'static, u8> = tokio::sync::MutexGuard<'static, u8>;
        named::MutexGuard<'static, Single> = tokio::sync::MutexGuard<'static, Single>;
        named::RwLockReadGuard<'static, u8> = tokio::sync::RwLockReadGuard<'static, u8>;
        mpsc::Sender<u8> = std::sync::mpsc::Sender<u8>;
        mpsc::Sender<Neither> = std::sync::mpsc::Sender<Neither>;
        mpsc::Receiver<u8> = std::sync::mpsc::Receiver<u8>;
        mpsc::SyncSender<Single> = std::sync::mpsc::SyncSender<Single>;
        crossbeam::Receiver<Single> = crossbeam_channel::Receiver<Single>;
        crossbeam::Sender<Neither> = crossbeam_channel::Sender<Neither>;
        named::mpsc::Sender<Single> = tokio::sync::mpsc::Sender<Single>;
        named::mpsc::UnboundedReceiver<Neither> = tokio::sync::mpsc::UnboundedReceiver<Neither>;
    }
    let lock = named::Mutex::named("sent", 1);
    let (sender, mut receiver) = named::mpsc::channel::<u8>("sent", 1);
    sent(lock.lock());
    sent(sender.send(1));
    sent(receiver.recv());
    let unsized_lock: &Mutex<[u8]> = &Mutex::named("unsized", [1, 2]);
    assert_eq!(unsized_lock.lock().unwrap().len(), 2);
}

fn sent<T: Send>(_: T) {}
