//! A network that understands HTTP enough to be mean to it: every request goes to one of several servers, and a
//! request or its answer may be lost, cut, held back, thinned, or come once more later.
//!
//! What passes is counted here, heads and bodies, and written down: the history that [`super::history`] judges.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::message::{Head, Message};
use crate::harness::chance::Dice;

const PIECE_BYTES: usize = 2 * 1024;
/// The longest that a server is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many requests in a hundred meet with each misfortune.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    /// The phone sends it whole, and it never arrives.
    pub lost: usize,
    /// The link is cut in the middle of the request's body.
    pub cut: usize,
    /// The server did it, and the phone does not hear.
    pub answer_lost: usize,
    /// The answer is cut in the middle.
    pub truncated: usize,
    /// Half of it arrives; then nothing moves for a while, and the link is gone.
    pub stalled: usize,
    /// The phone gave up, and the request arrives later all the same.
    pub late: usize,
    /// Arrives, is answered, and arrives again later.
    pub replayed: usize,
    /// Links like 2G.
    pub thin: usize,
    /// Phones in a hundred who have no other link.
    pub always_thin: usize,
}

/// Bytes per second of a thin link: drawn for each.
const THIN: std::ops::RangeInclusive<usize> = 5_000..=15_000;

impl Weather {
    pub const BAD: Self = Weather {
        lost: 3,
        cut: 6,
        answer_lost: 5,
        truncated: 3,
        stalled: 2,
        late: 2,
        replayed: 6,
        thin: 8,
        always_thin: 10,
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Good,
    Lost,
    Cut,
    AnswerLost,
    Truncated,
    Stalled,
    Late,
    Replayed,
}

/// What somebody did, in the order in which the network saw it.
#[derive(Debug, Clone)]
pub enum Event {
    /// A request's head is here, and its body, as far as it came.
    /// Of parts of files only the number of bytes is kept. `kept_back`: no server sees it before the phone gave up, or ever.
    Asked { phone: usize, ticket: usize, again: bool, kept_back: bool, carried: usize, request: Message },
    /// The server's answer passed; `delivered`: whole, to the phone.
    Answered { ticket: usize, delivered: bool, answer: Message },
}

/// Bytes with heads, as a network that charges for them counts; without those of replays, for which no phone pays.
#[derive(Debug, Clone, Copy, Default)]
pub struct Carried {
    pub up_bytes: u64,
    pub down_bytes: u64,
    pub requests: u64,
    pub thin: Thin,
}

/// What thin links carried up, and how long they took for it, all together.
#[derive(Debug, Clone, Copy, Default)]
pub struct Thin {
    pub bytes: u64,
    pub seconds: f64,
}

#[derive(Debug)]
struct State {
    servers: Vec<SocketAddr>,
    weather: Weather,
    dice: Dice,
    history: Vec<Event>,
    carried: Carried,
    tickets: usize,
    /// Off: only bytes are counted. A history keeps bodies, and takes memory.
    writes: bool,
}

/// All of it; phones come in by doors of their own.
#[derive(Debug, Clone)]
pub struct Net(Arc<Mutex<State>>);

impl Net {
    pub fn new(servers: Vec<SocketAddr>, seed: u64) -> Self {
        let state = State {
            servers,
            weather: Weather::default(),
            dice: Dice::new(seed),
            history: Vec::new(),
            carried: Carried::default(),
            tickets: 0,
            writes: true,
        };
        Net(Arc::new(Mutex::new(state)))
    }

    /// Without a history.
    pub fn silent(servers: Vec<SocketAddr>) -> Self {
        let net = Self::new(servers, 1);
        net.state().writes = false;
        net
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set(&self, weather: Weather) {
        self.state().weather = weather;
    }

    /// Servers moved.
    pub fn lead_to(&self, servers: Vec<SocketAddr>) {
        self.state().servers = servers;
    }

    pub fn carried(&self) -> Carried {
        self.state().carried
    }

    /// The history since it was taken last.
    pub fn history(&self) -> Vec<Event> {
        std::mem::take(&mut self.state().history)
    }

    /// A phone's way in.
    pub async fn door(&self, phone: usize) -> Door {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let net = self.clone();
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let net = net.clone();
                tokio::spawn(async move { net.carry(phone, stream).await });
            }
        });
        Door { address, listening }
    }

    /// Draws what happens to a request.
    fn draw(&self, phone: usize, head: &Head) -> (Fate, Option<u64>, SocketAddr, Dice) {
        let mut state = self.state();
        let weather = state.weather;
        let mut roll = state.dice.below(100);
        let mut fate = Fate::Good;
        // What a stranger sends again is stopped by TLS; that the network itself does it concerns only what is
        // safe to repeat by this protocol's word.
        let repeatable = !head.path.starts_with("/v1/sessions") && !head.path.starts_with("/v1/devices");
        for (chance, one) in [
            (weather.lost, Fate::Lost),
            (weather.cut, Fate::Cut),
            (weather.answer_lost, Fate::AnswerLost),
            (weather.truncated, Fate::Truncated),
            (weather.stalled, Fate::Stalled),
            (weather.late, Fate::Late),
            (weather.replayed, Fate::Replayed),
        ] {
            if roll < chance {
                fate = one;
                break;
            }
            roll -= chance;
        }
        if matches!(fate, Fate::Late | Fate::Replayed) && !repeatable {
            fate = Fate::Good;
        }
        let one_of_the_thin = phone * 37 % 100 < weather.always_thin;
        let pace = THIN.start() + state.dice.below(THIN.end() - THIN.start() + 1);
        let pace = (state.dice.percent(weather.thin) || one_of_the_thin).then_some(pace as u64);
        let servers = state.servers.clone();
        let server = *state.dice.pick(&servers);
        (fate, pace, server, state.dice.fork())
    }

    fn write(&self, event: Event) {
        let mut state = self.state();
        if state.writes {
            state.history.push(event);
        }
    }

    fn ticket(&self) -> usize {
        let mut state = self.state();
        state.tickets += 1;
        state.tickets
    }

    fn count_up(&self, bytes: usize, request: bool) {
        let mut state = self.state();
        state.carried.up_bytes += bytes as u64;
        state.carried.requests += u64::from(request);
    }

    /// One request of a phone, and its answer. Each has a connection of its own.
    async fn carry(&self, phone: usize, mut from: TcpStream) -> Option<()> {
        let (head, mut body) = Head::read(&mut from).await.ok()??;
        let (fate, pace, server, mut dice) = self.draw(phone, &head);
        let ticket = self.ticket();
        let length = head.length;
        let passes = match fate {
            Fate::Cut | Fate::Stalled => dice.below(length.max(1)),
            _ => length,
        };
        body.truncate(passes);
        self.count_up(head.text.len(), true);
        let asked = Event::Asked {
            phone,
            ticket,
            again: false,
            kept_back: matches!(fate, Fate::Late | Fate::Lost),
            carried: 0,
            request: Message { head: head.text.clone(), body: Vec::new() },
        };
        let mut server_side = match fate {
            Fate::Late | Fate::Lost => None,
            _ => Some(timeout(PATIENCE, TcpStream::connect(server)).await.ok()?.ok()?),
        };
        if let Some(to) = &mut server_side {
            let _ = to.set_nodelay(true);
            to.write_all(&head.onward()).await.ok()?;
        }
        // Written down before the first byte of the body arrives: what follows is judged by what was known then.
        let place = { self.state().history.len() };
        self.write(asked);
        let sent = self.pass_on(&mut from, &mut server_side, &mut body, passes, pace).await;
        self.amend(place, ticket, &body, head.method == "PATCH");
        sent.ok()?;
        match fate {
            Fate::Cut | Fate::Lost => return None,
            Fate::Stalled => {
                sleep(Duration::from_millis(300 + dice.below(1200) as u64)).await;
                return None;
            }
            Fate::Late => {
                drop(from);
                sleep(Duration::from_millis(100 + dice.below(3000) as u64)).await;
                return self.send_again(phone, server, Message { head: head.text, body }).await;
            }
            _ => {}
        }
        let answer = read_answer(server_side.as_mut()?).await.ok()?;
        let delivered = self.give_back(&mut from, &answer, fate, pace, &mut dice).await;
        self.write(Event::Answered { ticket, delivered, answer });
        drop(from);
        if fate == Fate::Replayed {
            sleep(Duration::from_millis(dice.below(4000) as u64)).await;
            let servers = { self.state().servers.clone() };
            let request = Message { head: head.text, body };
            self.send_again(phone, *dice.pick(&servers), request).await;
        }
        None
    }

    /// Carries the body on while it comes, `passes` bytes at most; what did not pass is taken off it.
    async fn pass_on(
        &self,
        from: &mut TcpStream,
        to: &mut Option<TcpStream>,
        body: &mut Vec<u8>,
        passes: usize,
        pace: Option<u64>,
    ) -> io::Result<()> {
        let mut done = 0;
        let carried = async {
            while done < passes {
                let ready = (body.len().min(passes) - done).min(PIECE_BYTES);
                if ready == 0 {
                    hear(from, body).await?;
                    continue;
                }
                self.slow_down(from, body, ready, pace).await?;
                self.count_up(ready, false);
                if let Some(to) = to {
                    to.write_all(&body[done..done + ready]).await?;
                }
                done += ready;
            }
            Ok(())
        };
        let carried = carried.await;
        body.truncate(done);
        carried
    }

    /// As long as so many bytes take on this link. What the phone hands over meanwhile waits in `body`, and is lost when
    /// the phone is gone before it went.
    async fn slow_down(
        &self,
        from: &mut TcpStream,
        body: &mut Vec<u8>,
        bytes: usize,
        pace: Option<u64>,
    ) -> io::Result<()> {
        let Some(pace) = self.still_thin(pace) else { return Ok(()) };
        let began = Instant::now();
        let mut due = std::pin::pin!(sleep(Duration::from_secs_f64(bytes as f64 / pace as f64)));
        loop {
            tokio::select! {
                () = &mut due => break,
                heard = hear(from, body) => heard?,
            }
        }
        let thin = &mut self.state().carried.thin;
        thin.bytes += bytes as u64;
        thin.seconds += began.elapsed().as_secs_f64();
        Ok(())
    }

    /// The pace of a link, unless the weather has become better.
    fn still_thin(&self, pace: Option<u64>) -> Option<u64> {
        let Weather { thin, always_thin, .. } = self.state().weather;
        pace.filter(|_| thin + always_thin > 0)
    }

    /// Now that the body is known.
    fn amend(&self, place: usize, this: usize, known: &[u8], is_part: bool) {
        let mut state = self.state();
        // Unless somebody has taken the history away meanwhile.
        let from = if place < state.history.len() { place } else { 0 };
        let mine = state.history[from..].iter_mut().find_map(|event| match event {
            Event::Asked { ticket, request, carried, .. } if *ticket == this => Some((request, carried)),
            _ => None,
        });
        if let Some((request, carried)) = mine {
            *carried = known.len();
            if !is_part {
                request.body = known.to_vec();
            }
        }
    }

    /// Whether the whole answer reached the phone.
    async fn give_back(
        &self,
        to: &mut TcpStream,
        answer: &Message,
        fate: Fate,
        pace: Option<u64>,
        dice: &mut Dice,
    ) -> bool {
        let whole = [answer.head.as_slice(), &answer.body].concat();
        let passes = match fate {
            Fate::AnswerLost => 0,
            Fate::Truncated => dice.below(whole.len()),
            _ => whole.len(),
        };
        for piece in whole[..passes].chunks(PIECE_BYTES) {
            if let Some(pace) = self.still_thin(pace) {
                sleep(Duration::from_secs_f64(piece.len() as f64 / pace as f64)).await;
            }
            if to.write_all(piece).await.is_err() {
                return false;
            }
            self.state().carried.down_bytes += piece.len() as u64;
        }
        passes == whole.len() && to.shutdown().await.is_ok()
    }

    /// A request that the network kept, for nobody who would hear the answer.
    async fn send_again(&self, phone: usize, server: SocketAddr, request: Message) -> Option<()> {
        let mut to = TcpStream::connect(server).await.ok()?;
        let head = Head::of(request.head.clone())?;
        let ticket = self.ticket();
        let request_again = request.clone();
        self.write(Event::Asked {
            phone,
            ticket,
            again: true,
            kept_back: false,
            carried: 0,
            request: request_again,
        });
        to.write_all(&head.onward()).await.ok()?;
        to.write_all(&request.body).await.ok()?;
        let answer = read_answer(&mut to).await.ok()?;
        self.write(Event::Answered { ticket, delivered: false, answer });
        Some(())
    }
}

/// What a phone says next; an error when it is gone.
async fn hear(from: &mut TcpStream, body: &mut Vec<u8>) -> io::Result<()> {
    let mut piece = [0; PIECE_BYTES];
    match from.read(&mut piece).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        length => {
            body.extend_from_slice(&piece[..length]);
            Ok(())
        }
    }
}

/// Reads to the end: the server was asked to close.
async fn read_answer(from: &mut TcpStream) -> io::Result<Message> {
    let mut bytes = Vec::new();
    timeout(PATIENCE, from.read_to_end(&mut bytes)).await.map_err(|_| io::ErrorKind::TimedOut)??;
    Message::split(bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Closed when dropped.
#[derive(Debug)]
pub struct Door {
    pub address: SocketAddr,
    listening: JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
