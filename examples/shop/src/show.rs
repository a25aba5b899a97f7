//! What the guards do while the warehouse is there, and is not, and is again.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use perf_runtime::GuardKind;
use tokio::net::TcpListener;

use crate::customers::{self, Answers};
use crate::{shop, warehouse};

/// Customers who come as often as they may, beside the one who does not care.
const POLITE: usize = 6;
const POLITE_EVERY: Duration = Duration::from_millis(60);
const GREEDY_EVERY: Duration = Duration::from_millis(5);

const SCENE: Duration = Duration::from_millis(1200);

/// # Errors
///
/// There is no port to listen on.
pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let warehouse = TcpListener::bind(anywhere).await?;
    let listener = TcpListener::bind(anywhere).await?;
    let (at, shop) = (warehouse.local_addr()?, listener.local_addr()?);
    let router = shop::router(at)?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    let answers = come(shop);

    println!("{POLITE} customers who may, and a greedy one:\n");
    warehouse::open(warehouse, SCENE).await?;
    print("the warehouse is open", &answers);
    tokio::time::sleep(SCENE).await;
    print("the warehouse is shut", &answers);
    warehouse::open(TcpListener::bind(at).await?, SCENE).await?;
    print("it is open again", &answers);
    println!("\n{}", perf_runtime::snapshot());
    Ok(())
}

fn come(shop: SocketAddr) -> Arc<Answers> {
    let answers = Arc::new(Answers::default());
    let names = (0..POLITE).map(|number| (format!("polite {number}"), POLITE_EVERY));
    for (name, every) in names.chain([("greedy".into(), GREEDY_EVERY)]) {
        let answers = answers.clone();
        tokio::spawn(async move { customers::come(name, shop, every, &answers).await });
    }
    answers
}

/// What customers were answered since the last time.
fn print(scene: &str, answers: &Answers) {
    let counts: Vec<String> = answers.take().iter().map(|(status, count)| format!("{status}: {count:>4}")).collect();
    let snapshot = perf_runtime::snapshot();
    let breaker = snapshot.guard(GuardKind::CircuitBreaker, "warehouse");
    let state = breaker.map_or("", |breaker| &*breaker.state);
    println!("{scene:<22} the circuit is {state:<10} {}", counts.join("   "));
}
