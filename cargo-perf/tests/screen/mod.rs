//! A real terminal: tmux, into which keys are typed and of which the screen is read.

#![allow(dead_code)] // Not every test that has this uses all of it.

use std::path::PathBuf;
use std::process::Command;

use crate::measured::{folder, wait_for};

pub(crate) struct Screen {
    tmux: PathBuf,
    socket: PathBuf,
    pub(crate) folder: PathBuf,
}

impl Screen {
    /// Runs a shell command, and afterwards stays as it is.
    pub(crate) fn start(width: u16, height: u16, command: &str) -> Self {
        let folder = folder();
        // The path of a socket may only be so long, and a target folder's may be longer.
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let screen = Self { tmux: outside::debian("tmux", "tmux"), socket: std::env::temp_dir().join(name), folder };
        let state = screen.folder.display();
        // As it was before and after; `cat` is there to be seen not to be disturbed.
        let script = format!(
            "cd {state}; stty -g > before; {command}; echo \"ended with $?\"; stty -g > after; echo over > over; cat"
        );
        let (width, height) = (width.to_string(), height.to_string());
        screen.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", &width, "-y", &height, "sh", "-c", &script]);
        screen
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.tmux);
        command.arg("-S").arg(&self.socket).args(arguments).env_remove("TMUX").env("LC_ALL", "C.UTF-8");
        command.env("TERM", "xterm-256color").env_remove("PERF_TOKEN").env_remove("XDG_RUNTIME_DIR");
        let output = command.output().unwrap();
        assert!(output.status.success(), "tmux {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What is on it, line by line.
    pub(crate) fn text(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// As tmux calls them: `Enter`, `Down`, `C-c`, or what is to be typed.
    pub(crate) fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    pub(crate) fn resize(&self, width: u16, height: u16) {
        self.tmux(&["resize-window", "-x", &width.to_string(), "-y", &height.to_string()]);
    }

    /// Waits until the screen is like that, and gives it.
    pub(crate) fn wait_until(&self, what: &str, mut is_so: impl FnMut(&str) -> bool) -> String {
        wait_for(what, || {
            let text = self.text();
            if is_so(&text) { Ok(text) } else { Err(text) }
        })
    }

    pub(crate) fn wait_for(&self, part: &str) -> String {
        self.wait_until(part, |text| text.contains(part))
    }

    /// The id of what runs in it.
    pub(crate) fn child(&self) -> String {
        let shell = self.tmux(&["display-message", "-p", "#{pane_pid}"]);
        let children = format!("/proc/{0}/task/{0}/children", shell.trim());
        std::fs::read_to_string(children).unwrap().trim().to_owned()
    }

    /// That the terminal is the shell's: no other screen, a cursor, no mouse.
    pub(crate) fn assert_given_back(&self) {
        let state = self.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}"]);
        assert_eq!(state.trim(), "0 1 0", "no other screen, a cursor, no mouse");
    }

    /// Closes it, as if somebody closed the window.
    pub(crate) fn close(&self) {
        self.tmux(&["kill-server"]);
    }

    /// That the command has ended and left the terminal as it was.
    pub(crate) fn assert_restored(&self, said: &str) {
        wait_for("an end", || if self.folder.join("over").exists() { Ok(()) } else { Err(self.text()) });
        self.wait_for(said);
        self.assert_given_back();
        let [before, after] = ["before", "after"].map(|name| std::fs::read_to_string(self.folder.join(name)).unwrap());
        assert_eq!(before, after, "what stty says");
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let mut kill = Command::new(&self.tmux);
        let _ = kill.arg("-S").arg(&self.socket).arg("kill-server").output();
        let _ = std::fs::remove_file(&self.socket);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
