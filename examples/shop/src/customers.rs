//! Who asks the shop, by hand-written HTTP.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::shop::CUSTOMER;

/// Answers by their status.
#[derive(Debug, Default)]
pub(crate) struct Answers(Mutex<BTreeMap<u16, u64>>);

impl Answers {
    fn count(&self, status: u16) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(status).or_default() += 1;
    }

    /// Those since it was last asked.
    pub(crate) fn take(&self) -> BTreeMap<u16, u64> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Asks again and again.
pub(crate) async fn come(name: String, shop: SocketAddr, every: Duration, answers: &Answers) {
    loop {
        // A connection that is lost has no status.
        answers.count(ask(shop, &name).await.unwrap_or(0));
        tokio::time::sleep(every).await;
    }
}

async fn ask(shop: SocketAddr, name: &str) -> io::Result<u16> {
    let mut stream = TcpStream::connect(shop).await?;
    let request = format!("GET /price/lamp HTTP/1.1\r\nhost: shop\r\n{CUSTOMER}: {name}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    let status = response.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| io::Error::other("this is no HTTP"))
}
