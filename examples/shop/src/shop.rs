//! The server, and the guards before it.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use perf_runtime::tower::GuardLayer;
use perf_runtime::{BreakerWindow, Bulkhead, CircuitBreaker, GuardError, KeyedRateLimiter, Rate, Rejected};
use tokio::net::TcpListener;

use crate::warehouse;

/// Says who asks.
pub(crate) const CUSTOMER: &str = "x-customer";

/// Listens, says where, and serves for ever.
///
/// # Errors
///
/// It cannot listen there.
pub(crate) async fn serve(listen: SocketAddr, warehouse: SocketAddr) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(listen).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, router(warehouse)?).await?;
    Ok(())
}

pub(crate) fn router(warehouse: SocketAddr) -> Result<Router, GuardError> {
    let breaker = CircuitBreaker::builder()
        .name("warehouse")
        .failure_rate(0.5)
        .window(BreakerWindow::Time(Duration::from_millis(500)))
        .min_calls(5)
        .open_for(Duration::from_millis(200))
        .max_open(Duration::from_secs(5))
        .build()?;
    let customers = KeyedRateLimiter::builder().name("customers").rate(Rate::per_second(20)).build()?;
    let slots = Bulkhead::builder().name("warehouse").max_concurrent(8).max_wait(Duration::from_millis(100)).build()?;
    let guards =
        GuardLayer::new(breaker).and(customers.by_key(customer)).and(slots).on_rejected(refused).failure(is_failure);
    Ok(Router::new()
        .route("/price/{item}", get(price).layer(guards))
        .route("/guards", get(async || perf_runtime::snapshot().to_string()))
        .with_state(warehouse))
}

async fn price(State(warehouse): State<SocketAddr>, Path(item): Path<String>) -> Result<String, (StatusCode, String)> {
    warehouse::ask(warehouse, &item).await.map_err(|error| (StatusCode::BAD_GATEWAY, format!("{error}\n")))
}

/// All who do not say who they are count as one.
fn customer(request: &Request) -> Option<HeaderValue> {
    request.headers().get(CUSTOMER).cloned()
}

fn refused(rejected: &Rejected) -> Response {
    let status = StatusCode::from_u16(rejected.http_status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response = (status, format!("{rejected}\n")).into_response();
    if let Some(seconds) = rejected.retry_after_secs() {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

fn is_failure(answer: &Result<Response, Infallible>) -> bool {
    answer.as_ref().is_ok_and(|response| response.status().is_server_error())
}
