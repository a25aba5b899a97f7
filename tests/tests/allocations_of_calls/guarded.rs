//! Under guards.

use super::*;

#[derive(Debug, PartialEq)]
struct Refused;

impl From<Rejected> for Refused {
    fn from(_: Rejected) -> Self {
        Self
    }
}

#[circuit_breaker]
#[profiled(alloc)]
fn in_a_line(n: usize) -> Result<Vec<usize>, Refused> {
    if n == 0 {
        return Err(Refused);
    }
    Ok(vec![n; n])
}

#[bulkhead(8, fallback = instead)]
#[profiled(alloc)]
fn with_a_fallback(n: usize) -> Vec<usize> {
    vec![n; n]
}

fn instead(_: usize) -> Vec<usize> {
    Vec::new()
}

#[retry(attempts = 3, backoff = "1us")]
#[profiled(alloc)]
fn in_attempts(n: usize, left: &mut usize) -> Result<Vec<usize>, Refused> {
    let made = vec![n; n];
    *left -= 1;
    if *left > 0 { Err(Refused) } else { Ok(made) }
}

#[bulkhead(8)]
#[profiled(alloc)]
async fn later(n: usize) -> Result<Vec<usize>, Refused> {
    Ok(vec![n; n])
}

#[test]
fn under_guards_the_body_is_counted() {
    let list = |count| Amount { count, bytes: count * 80 };
    assert_eq!((in_a_line(0).is_err(), in_a_line(10).is_ok()), (true, true));
    assert_eq!(all("in_a_line"), list(1));
    assert_eq!(with_a_fallback(10).len(), 10);
    assert_eq!(all("with_a_fallback"), list(1));
    assert!(in_attempts(10, &mut 3).is_ok());
    assert_eq!((all("in_attempts"), allocations("in_attempts").calls()), (list(3), 3));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(later(10)).is_ok());
    assert_eq!(all("guarded::later"), list(1));
}

#[profiled(alloc)]
fn calls_for_the_first_time() -> bool {
    first_of_all(1).is_ok()
}

#[circuit_breaker]
fn first_of_all(n: usize) -> Result<usize, Refused> {
    Ok(n)
}

#[test]
fn what_the_runtime_makes_at_first_calls_is_nobodys() {
    thread::spawn(|| assert!(calls_for_the_first_time())).join().unwrap();
    assert_eq!(all("calls_for_the_first_time"), Amount::default());
    thread::spawn(|| assert!(calls_for_the_first_time())).join().unwrap();
    assert_eq!(all("calls_for_the_first_time"), Amount::default());
}
