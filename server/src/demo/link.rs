//! A bad link: stands between a phone and a server, and cuts, stalls, swallows answers, or thins the stream.
//!
//! Real connections, really cut: what was on its way is lost as it is on a hillside. For the demonstration and
//! for tests.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// Bytes handed on at once: small, so that a cut falls in the middle of things.
const PIECE_BYTES: usize = 4 * 1024;

/// What is wrong with the link. Nothing, to begin with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weather {
    /// No connection at all; those that stand are cut.
    pub down: bool,
    /// Connections are cut after so many more bytes upward.
    pub cut_after: Option<u64>,
    /// After such a cut, again after so many.
    pub then_every: Option<u64>,
    /// So many of the next answers are swallowed: the server has done it, and the phone does not hear.
    pub swallow_answers: u32,
    /// Connections stand, and nothing moves.
    pub silent: bool,
    /// Bytes per second in each direction, per connection.
    pub bytes_per_second: Option<u64>,
}

/// What the link has carried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carried {
    pub up_bytes: u64,
    pub down_bytes: u64,
    pub connections: u64,
    pub cuts: u64,
}

#[derive(Debug, Default)]
struct Sky {
    weather: Weather,
    carried: Carried,
}

/// A link. Gone when dropped.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    sky: Mutex<Sky>,
    /// Counts the cuts: every connection that sees it change is over.
    cut: watch::Sender<u64>,
}

impl Shared {
    fn sky(&self) -> MutexGuard<'_, Sky> {
        self.sky.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut_all(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }
}

/// What happens to a piece on its way.
enum Fate {
    /// So many bytes of it pass; then the link is cut, if told so.
    Pass {
        bytes: usize,
        cut: bool,
    },
    Wait,
}

impl Link {
    /// A link to this server.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { sky: Mutex::default(), cut: watch::Sender::new(0) });
        let listening = tokio::spawn(listen(listener, server, shared.clone()));
        Ok(Link { address, shared, listening })
    }

    /// The address that the phone is given.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn set(&self, weather: Weather) {
        let cut = weather.down;
        self.shared.sky().weather = weather;
        if cut {
            self.shared.cut_all();
        }
    }

    pub fn clear_up(&self) {
        self.set(Weather::default());
    }

    pub fn carried(&self) -> Carried {
        self.shared.sky().carried
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.listening.abort();
        self.shared.cut_all();
    }
}

async fn listen(listener: TcpListener, server: SocketAddr, shared: Arc<Shared>) {
    while let Ok((phone, _)) = listener.accept().await {
        if shared.sky().weather.down {
            continue;
        }
        shared.sky().carried.connections += 1;
        tokio::spawn(carry(phone, server, shared.clone()));
    }
}

/// Carries one connection until either side ends it, or it is cut.
async fn carry(phone: TcpStream, server: SocketAddr, shared: Arc<Shared>) {
    let mut cut = shared.cut.subscribe();
    cut.mark_unchanged();
    let Ok(server) = TcpStream::connect(server).await else { return };
    let _ = (phone.set_nodelay(true), server.set_nodelay(true));
    let (from_phone, to_phone) = phone.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = upward(from_phone, to_server, &shared) => {}
        () = downward(from_server, to_phone, &shared) => {}
        _ = cut.changed() => {}
    }
}

async fn upward(from: OwnedReadHalf, to: OwnedWriteHalf, shared: &Shared) {
    pump(from, to, shared, |sky, length| {
        let Weather { cut_after, then_every, .. } = &mut sky.weather;
        let (bytes, cut) = match cut_after {
            Some(left) if *left <= length as u64 => {
                let bytes = usize::try_from(*left).unwrap_or(length);
                *cut_after = *then_every;
                (bytes, true)
            }
            Some(left) => {
                *left -= length as u64;
                (length, false)
            }
            None => (length, false),
        };
        sky.carried.up_bytes += bytes as u64;
        Fate::Pass { bytes, cut }
    })
    .await;
}

async fn downward(from: OwnedReadHalf, to: OwnedWriteHalf, shared: &Shared) {
    pump(from, to, shared, |sky, length| {
        if sky.weather.swallow_answers > 0 {
            sky.weather.swallow_answers -= 1;
            return Fate::Pass { bytes: 0, cut: true };
        }
        sky.carried.down_bytes += length as u64;
        Fate::Pass { bytes: length, cut: false }
    })
    .await;
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    mut decide: impl FnMut(&mut Sky, usize) -> Fate,
) {
    let mut piece = vec![0; PIECE_BYTES];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let (bytes, cut) = loop {
            let fate = {
                let mut sky = shared.sky();
                if sky.weather.silent { Fate::Wait } else { decide(&mut sky, length) }
            };
            match fate {
                Fate::Pass { bytes, cut } => break (bytes, cut),
                Fate::Wait => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        let pace = shared.sky().weather.bytes_per_second;
        if let Some(pace) = pace {
            tokio::time::sleep(Duration::from_secs_f64(bytes as f64 / pace.max(1) as f64)).await;
        }
        if to.write_all(&piece[..bytes]).await.is_err() {
            return;
        }
        if cut {
            shared.sky().carried.cuts += 1;
            shared.cut_all();
            return;
        }
    }
}
