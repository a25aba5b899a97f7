//! What the shop depends on: a server of lines that is not always there.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use perf_runtime::{profiled, timeout};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Asks for the price of an item.
///
/// # Errors
///
/// Nobody answers, or not in time.
#[profiled]
#[timeout("500ms")]
pub(crate) async fn ask(warehouse: SocketAddr, item: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
    let mut stream = BufReader::new(TcpStream::connect(warehouse).await?);
    stream.write_all(format!("{item}\n").as_bytes()).await?;
    let mut price = String::new();
    if stream.read_line(&mut price).await? == 0 {
        return Err("the warehouse has hung up".into());
    }
    Ok(price)
}

/// Answers for so long, and is gone then: who calls after that is not even connected.
///
/// # Errors
///
/// It cannot listen.
pub(crate) async fn open(listener: TcpListener, time: Duration) -> io::Result<()> {
    let answers = async {
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(async move {
                // Who asks hears of it.
                let _ = answer(BufReader::new(stream)).await;
            });
        }
    };
    tokio::time::timeout(time, answers).await.unwrap_or(Ok(()))
}

/// A price is as long as its item's name, and takes a while to be found.
async fn answer(mut stream: BufReader<TcpStream>) -> io::Result<()> {
    let mut item = String::new();
    stream.read_line(&mut item).await?;
    tokio::time::sleep(Duration::from_millis(2)).await;
    stream.write_all(format!("{}\n", item.trim().len()).as_bytes()).await
}
