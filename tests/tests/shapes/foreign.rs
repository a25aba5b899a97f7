//! Attributes of others, which rewrite what they stand on.

use std::sync::Arc;

use crate::{Counts, Yield, block_on, counts};

#[async_trait::async_trait]
trait Store: Send + Sync {
    async fn get(&self, key: &str) -> Result<u32, String>;

    async fn both(&self, a: &str, b: &str) -> Result<u32, String> {
        Ok(self.get(a).await? + self.get(b).await?)
    }
}

struct Inside;
struct OursFirst;
struct TheirsFirst;

#[async_trait::async_trait]
impl Store for Inside {
    #[perf_runtime::profiled]
    async fn get(&self, key: &str) -> Result<u32, String> {
        Yield::default().await;
        key.parse().map_err(|_| key.to_owned())
    }
}

#[perf_runtime::profiled]
#[async_trait::async_trait]
impl Store for OursFirst {
    async fn get(&self, key: &str) -> Result<u32, String> {
        Yield::default().await;
        key.parse().map_err(|_| key.to_owned())
    }

    async fn both(&self, a: &str, _: &str) -> Result<u32, String> {
        self.get(a).await
    }
}

#[async_trait::async_trait]
#[perf_runtime::profiled]
impl Store for TheirsFirst {
    async fn get(&self, key: &str) -> Result<u32, String> {
        Yield::default().await;
        let n: u32 = key.parse().map_err(|_| key.to_owned())?;
        Ok(n)
    }
}

#[test]
fn async_trait_may_come_first_or_last() {
    for (store, name) in [
        (Arc::new(Inside) as Arc<dyn Store>, "Inside"),
        (Arc::new(OursFirst), "OursFirst"),
        (Arc::new(TheirsFirst), "TheirsFirst"),
    ] {
        assert_eq!(block_on(store.both("1", "1")), Ok(if name == "OursFirst" { 1 } else { 2 }));
        assert_eq!(block_on(store.get("x")), Err("x".to_owned()));
        drop(store.get("never polled"));
        let path = format!("<shapes::foreign::{name} as shapes::foreign::Store>::get");
        let calls = if name == "OursFirst" { 2 } else { 3 };
        assert_eq!(counts(&path), Counts::calls(calls).errors(1), "{name}");
    }
}

#[perf_runtime::profiled]
#[async_trait::async_trait]
trait Measured {
    async fn answer(&self) -> u32 {
        42
    }
}

#[async_trait::async_trait]
impl Measured for Inside {}

#[test]
fn a_trait_of_async_trait_may_be_measured() {
    assert_eq!(block_on(Inside.answer()), 42);
    assert_eq!(counts("foreign::Measured::answer"), Counts::calls(1));
}

#[perf_runtime::profiled]
#[tokio::test]
async fn tokio_test_may_come_last() {
    Yield::default().await;
    tokio::task::yield_now().await;
}

#[tokio::test]
#[perf_runtime::profiled]
async fn tokio_test_may_come_first() -> Result<(), String> {
    tokio::spawn(spawned(1)).await.map_err(|e| e.to_string())??;
    Ok(())
}

#[perf_runtime::profiled]
async fn spawned(n: u32) -> Result<u32, String> {
    tokio::task::yield_now().await;
    Ok(n)
}

#[test]
fn tokio_main_may_come_last_or_first() {
    #[perf_runtime::profiled]
    #[tokio::main(flavor = "current_thread")]
    async fn last() -> u32 {
        tokio::task::yield_now().await;
        1
    }
    #[tokio::main(flavor = "current_thread")]
    #[perf_runtime::profiled]
    async fn first() -> u32 {
        tokio::task::yield_now().await;
        2
    }
    assert_eq!((last(), first()), (1, 2));
    assert_eq!(counts("tokio_main_may_come_last_or_first::last"), Counts::calls(1));
}
