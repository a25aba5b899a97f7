//! Orders are taken, priced, stored and delivered; some of it fails.

use std::time::{Duration, Instant};

use metrics::{counter, gauge, histogram};
use perf_runtime::sync::{Mutex, mpsc};
use perf_runtime::{Rejected, bulkhead, circuit_breaker, profiled, rate_limited};

/// Threads that take orders.
const CLERKS: u32 = 3;

/// Takes orders from now on.
pub(crate) fn open() {
    let (sender, receiver) = mpsc::sync_channel("orders", 32);
    for clerk in 0..CLERKS {
        let sender = sender.clone();
        let work = move || {
            for number in 0.. {
                let _ = take(&Order {
                    number,
                    customer: ["Ada", "Grace", "Edsger"][number as usize % 3],
                    items: 1 + number % 7,
                });
                let _ = sender.send(number);
                std::thread::sleep(Duration::from_millis(4));
            }
        };
        spawn(format!("clerk-{clerk}"), work);
    }
    spawn("courier".to_owned(), move || {
        while let Ok(number) = receiver.recv() {
            deliver(number);
        }
    });
}

fn spawn(name: String, work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().name(name).spawn(work).expect("there is room for a thread");
}

struct Order {
    number: u32,
    customer: &'static str,
    items: u32,
}

/// Works for about so long.
fn work(micros: u64) {
    let until = Instant::now() + Duration::from_micros(micros);
    while Instant::now() < until {
        std::hint::spin_loop();
    }
}

#[profiled(capture(order.number, order.items, customer = order.customer), in_flight, slo(p95 = "5ms", errors = 0.05))]
fn take(order: &Order) -> Result<u32, String> {
    counter!("orders", "customer" => order.customer).increment(1);
    histogram!("items").record(f64::from(order.items));
    let price = pricing::price(order);
    gauge!("last_price").set(f64::from(price));
    store::reserve(order.number);
    if order.number % 5 == 0 {
        payment::charge(price).map_err(|error| error.to_string())?;
    }
    if order.number % 40 == 39 { Err("there is no such item".to_owned()) } else { Ok(price) }
}

mod pricing {
    use super::{Order, profiled, work};

    #[profiled(workload = "micro")]
    pub(super) fn price(order: &Order) -> u32 {
        (0..order.items).map(|item| item_price(item) + tax(item)).sum()
    }

    #[profiled]
    fn item_price(item: u32) -> u32 {
        work(8 + u64::from(item) * 2);
        item * 100
    }

    #[profiled]
    fn tax(item: u32) -> u32 {
        work(3);
        item * 19
    }
}

mod store {
    use super::{Duration, Mutex, profiled, work};

    static STOCK: std::sync::LazyLock<Mutex<u32>> = std::sync::LazyLock::new(|| Mutex::named("stock", 0));

    #[profiled]
    pub(super) fn reserve(number: u32) {
        let mut stock = STOCK.lock().expect("nobody panics");
        *stock = stock.wrapping_add(number);
        work(20);
        if number % 16 == 0 {
            write(number);
        }
    }

    /// It is said to be quick, and waits for a disk.
    #[profiled(workload = "micro", capture(number))]
    fn write(number: u32) {
        std::thread::sleep(Duration::from_millis(2 + u64::from(number % 5) * 3));
    }
}

mod payment {
    use super::{Duration, Instant, Rejected, bulkhead, circuit_breaker, profiled, rate_limited};

    static OPENED: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);

    #[derive(Debug)]
    pub(super) enum Failed {
        Declined,
        Refused(Rejected),
    }

    impl From<Rejected> for Failed {
        fn from(rejected: Rejected) -> Self {
            Self::Refused(rejected)
        }
    }

    impl std::fmt::Display for Failed {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            match self {
                Self::Declined => f.write_str("declined"),
                Self::Refused(rejected) => rejected.fmt(f),
            }
        }
    }

    /// The bank is away for three of every eight seconds.
    #[profiled]
    #[circuit_breaker(open_for = "1s")]
    #[rate_limited(rate = "100/s", burst = 20)]
    #[bulkhead(2)]
    pub(super) fn charge(price: u32) -> Result<u32, Failed> {
        std::thread::sleep(Duration::from_micros(900));
        let is_away = OPENED.elapsed().as_secs() % 8 >= 5;
        if is_away { Err(Failed::Declined) } else { Ok(price) }
    }
}

#[profiled(label(way = if number.is_multiple_of(3) { "by post" } else { "by hand" }))]
fn deliver(number: u32) {
    std::thread::sleep(Duration::from_micros(300 + u64::from(number % 9) * 50));
}
