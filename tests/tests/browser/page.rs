//! [`Page`]: a page in the browser.

use std::fs;
use std::path::{Path, PathBuf};

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::chromium::Chromium;

/// A page in the browser.
pub(crate) struct Page<'a>(pub(crate) &'a Chromium);

impl Page<'_> {
    /// Goes to a URL, and waits until the page there is complete.
    pub(crate) fn go(&self, url: &str) {
        self.0.drive(url, async |session| session.goto(url).await);
    }

    /// Evaluates an expression in the page and returns its value. If it is a promise, waits for what it resolves to.
    pub(crate) fn evaluate(&self, expression: &str) -> Value {
        self.run(&format!("return ({expression})"))
    }

    /// Runs statements in the page and returns what they return, like [`evaluate`](Self::evaluate).
    pub(crate) fn run(&self, script: &str) -> Value {
        self.0.drive(script, async |session| {
            session.execute(script, Vec::new()).await
        })
    }

    /// Waits until the text of the page has something.
    pub(crate) fn wait_for_text(&self, text: &str) {
        let text = Value::from(text).to_string();
        self.evaluate(&format!(
            "new Promise((resolve, reject) => {{
                const wanted = {text};
                const look = () => {{
                    if (!document.body.innerText.includes(wanted)) return false;
                    observer.disconnect();
                    resolve();
                    return true;
                }};
                const observer = new MutationObserver(look);
                observer.observe(document, {{subtree: true, childList: true, characterData: true, attributes: true}});
                if (!look()) {{
                    setTimeout(() => reject(new Error(wanted + ' is not in: ' + document.body.innerText)), 30000);
                }}
            }})"
        ));
    }

    /// Switches scripts on or off, for pages that are opened from now on.
    pub(crate) fn set_scripts(&self, are_on: bool) {
        self.develop(
            "Emulation.setScriptExecutionDisabled",
            &json!({"value": !are_on}),
        );
    }

    /// Sets the colors that the reader prefers: `light` or `dark`.
    pub(crate) fn set_colors(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.develop(
            "Emulation.setEmulatedMedia",
            &json!({ "features": features }),
        );
    }

    /// Sets the size of the page. That of the window, which the driver itself can set, has a frame in it and a minimum.
    pub(crate) fn set_size(&self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.develop("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Saves what the page looks like, for people to look at.
    pub(crate) fn save_screenshot(&self, name: &str) -> PathBuf {
        let image = (self.0).drive("a screenshot", async |session| session.screenshot().await);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        fs::create_dir_all(&folder).expect("a folder for screenshots");
        let path = folder.join(format!("{name}.png"));
        fs::write(&path, image).expect("a screenshot is saved");
        path
    }

    /// What has gone wrong in the page so far: exceptions, and all that the console shows. Each once.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let entries = self.own_command("se/log", json!({"type": "browser"}));
        let entries = entries.as_array().expect("a list of entries");
        entries.iter().map(Value::to_string).collect()
    }

    /// Gives a command of the `DevTools` protocol, for what `WebDriver` lacks.
    fn develop(&self, method: &str, parameters: &Value) {
        let command = json!({"cmd": method, "params": parameters});
        self.own_command("goog/cdp/execute", command);
    }

    /// Gives a command that only this driver has.
    fn own_command(&self, path: &'static str, parameters: Value) -> Value {
        let what = format!("{path} {parameters}");
        let command = OwnCommand { path, parameters };
        (self.0).drive(&what, async |session| session.issue_cmd(command).await)
    }
}

/// A command that only this driver has.
#[derive(Debug)]
struct OwnCommand {
    path: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for OwnCommand {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        let session = session_id.expect("the session is open");
        base_url.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.parameters.to_string()))
    }
}
