use std::sync::atomic::Ordering::{Relaxed, Release};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Site;

static SITES: Mutex<Vec<&'static Site>> = Mutex::new(Vec::new());

/// Keeps anyone from registering for as long as it lives.
pub(crate) type Hold = MutexGuard<'static, Vec<&'static Site>>;

/// Waits for the registry and keeps it.
pub(crate) fn hold() -> Hold {
    SITES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the site its index; a site is registered once, by whichever thread calls it first.
#[cold]
pub(super) fn register(site: &'static Site) -> u32 {
    let mut sites = hold();
    let known = site.index.load(Relaxed);
    if known != 0 {
        return known - 1;
    }
    crate::aggregate::admit(site);
    sites.push(site);
    let index = sites.len() as u32;
    site.index.store(index, Release);
    index - 1
}

/// All sites from index `from` on.
pub(crate) fn registered(from: usize) -> Vec<&'static Site> {
    hold().get(from..).unwrap_or_default().to_vec()
}
