//! What a refusal says of the time to wait, on a clock that only moves when told to.

use std::time::Duration;

use perf_runtime::{Config, Rejected, rate_limited};
use tests::still;

#[rate_limited(rate = "2/h")]
fn twice_an_hour() -> Result<(), Rejected> {
    Ok(())
}

#[test]
fn a_refusal_tells_to_the_nanosecond_when_the_call_would_be_admitted() {
    let _alone = still::alone(&Config::testing());
    twice_an_hour().unwrap();
    twice_an_hour().unwrap();
    let half_an_hour = Duration::from_secs(1800);
    assert_eq!(twice_an_hour().unwrap_err().retry_after(), Some(half_an_hour));
    still::pass(half_an_hour.saturating_sub(Duration::from_nanos(1)));
    assert_eq!(twice_an_hour().unwrap_err().retry_after(), Some(Duration::from_nanos(1)));
    still::pass(Duration::from_nanos(1));
    twice_an_hour().unwrap();
}
