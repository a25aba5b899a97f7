//! A program that has the terminal as `cargo perf top` does, and panics: this test's own binary, started once more.

#[path = "../../src/top/terminal.rs"]
#[allow(dead_code)]
mod terminal;

use std::sync::mpsc;
use std::time::Duration;

use ratatui::crossterm::event::KeyEvent;
use ratatui::widgets::Paragraph;
use terminal::Screen;

#[allow(dead_code)]
enum Event {
    Key(KeyEvent),
    Resized,
    Continued,
    Ended,
}

/// What is started. On its own it is no test.
#[test]
#[ignore = "the program that another test looks at"]
fn program() {
    let Ok(place) = std::env::var("PANICKING_IN") else { return };
    let (sender, _events) = mpsc::sync_channel(1);
    let mut screen = Screen::open(&sender).unwrap();
    screen.draw(|frame| frame.render_widget(Paragraph::new("drawn"), frame.area())).unwrap();
    if place == "drawing" {
        screen.draw(|_| panic!("this is said by {place}")).unwrap();
    }
    std::thread::spawn(move || panic!("this is said by {place}"));
    // Goes on, as whoever draws does who waits for no other thread.
    for n in 0_u64.. {
        screen.draw(|frame| frame.render_widget(Paragraph::new(format!("drawn {n}")), frame.area())).unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
}
