# Texts of the server-rendered pages. Keys are the same in every language; a test checks it.

## Common
skip-to-content = Skip to content
save = Save
create = Create
cancel = Cancel
delete = Delete
edit = Edit
copy = Copy
yes = Yes
no = No
actions = Actions
advanced = Advanced
pages = Pages
page-number = Page { $number }
page-previous = Previous
page-next = Next
field-name = Name
field-value = Value
field-your-name = Your name
field-email = E-mail
field-password = Password
field-language = Language

## Navigation
nav-label = Main
nav-menu = Menu
nav-theme = Light or dark
nav-sign-out = Sign out
nav-home = Home
nav-bots = Bots
nav-scenarios = Scenarios
nav-lists = Lists
nav-globals = Global variables
nav-mini-apps = Mini apps
nav-secrets = Secrets
nav-tokens = API
nav-settings = Settings

## First visit and sign-in
setup-title = Welcome to Scenaria
setup-intro = Create the owner's account. It is the only one for now, and nobody can do this twice.
setup-password-hint = At least 10 characters.
setup-submit = Create account
sign-in-title = Sign in
sign-in-submit = Sign in
sign-in-wrong = Wrong e-mail or password.

## Home
home-title = Home
home-hello = Hello, { $name }!
home-demo-title = Your demo bot is ready
home-demo-text = It takes food orders. Write to it in the test chat, then open its scenario and change something.
home-demo-open = Open the test chat
home-demo-scenario = Open the scenario
home-next-title = What to do next
home-done = Done
home-step-try = Try the demo bot
home-step-try-hint = A test chat needs no messenger.
home-step-edit = Change a scenario and publish it
home-step-edit-hint = The change is in the bot at once.
home-step-connect = Connect a bot by its token
home-step-connect-hint = A token comes from @BotFather in Telegram.
home-step-list = Make a list
home-step-list-hint = A menu, a price list, orders: scenarios read and write lists.

## Bots
bots-title = Bots
bots-connect = Connect a bot
bots-new-test = New test bot
bots-empty-title = No bots yet
bots-empty-text = Connect a Telegram bot by its token, or make a test bot that lives in the browser.
bots-test-name = Test bot
bot-active = Works
bot-paused = Paused
bot-broken = Needs attention
bot-scenarios = Scenarios of this bot
bot-scenarios-empty = No scenario is attached, so the bot stays silent. Attach one below.
bot-scenario-unpublished = Not published yet: the bot does not use it.
bot-attach = Attach
bot-detach = Detach
bot-settings = Settings
bot-status = State
bot-id = Bot ID
bot-channel = Messenger
bot-username = User name
bot-unknown = When nobody knows whether a message arrived
bot-unknown-hint = The connection can break after a message was handed to the messenger and before its answer.
bot-unknown-resend = Send it again: it may arrive twice
bot-unknown-drop = Leave it: it may never arrive
bot-note-token-revoked = Telegram does not accept the token any more. Get a new one from @BotFather and put it in below; subscribers and conversations stay.
bot-token-title = New token
bot-token = Token
bot-token-hint = For when @BotFather has revoked the old one. It has to be a token of the same bot.
bot-token-replace = Replace the token
bot-webhook-url = Webhook address
bot-pause = Pause
bot-resume = Resume
bot-delete = Delete the bot
bot-delete-title = Delete “{ $name }”?
bot-delete-text = Its subscribers, conversations and settings are deleted with it. Scenarios stay. This cannot be undone.
channel-telegram = Telegram
channel-simulator = Test chat
scenario = Scenario
connect-title = Connect a bot
connect-intro = Open @BotFather in Telegram, send /newbot, and copy the token it gives you.
connect-token = Token
connect-token-hint = Looks like 123456789:AAF… It is stored encrypted and never shown again.
connect-scenario = Scenario
connect-no-scenario = Choose later
connect-intake = How messages arrive
connect-webhook = Webhook
connect-webhook-hint = Telegram calls us; fastest.
connect-webhook-needs-https = Telegram calls us. Needs a public https address (--public-url).
connect-polling = Polling
connect-polling-hint = We ask Telegram; works from anywhere, even a laptop.
connect-base-url = Address of the Bot API
connect-base-url-hint = Empty for Telegram itself. Change it for your own Bot API server.
connect-submit = Connect

## Test chat
chat-title = Test chat
chat-empty = Nothing here yet. Write /start to begin.
chat-input = Message
chat-send = Send

## Scenarios
scenarios-title = Scenarios
scenarios-new = New scenario
scenarios-import = Import
scenarios-empty-title = No scenarios yet
scenarios-empty-text = A scenario says what a bot does. Draw one, or take an example.
scenario-name-example = Orders
scenario-version = Version { $number }
scenario-unpublished = Draft, not published
scenario-settings = Settings
scenario-open-canvas = Open
scenario-export = Export
scenario-delete = Delete the scenario
scenario-delete-title = Delete “{ $name }”?
scenario-delete-text = Its draft and all its versions are deleted, and bots stop using it. Export it first if you are not sure. This cannot be undone.
versions-title = Versions
versions-empty = Nothing is published yet. Versions appear here when you publish.
version-current = In use
test-title = Try the scenario
test-text = No test bot has this scenario yet. A test bot lives in the browser and needs no messenger.
test-create = Create a test bot
import-intro = A scenario document: a JSON file that was exported before.
import-file = File
import-submit = Import
canvas-needs-script = The canvas needs JavaScript. You can export the scenario, edit the document and import it instead.
examples-title = Examples
examples-intro = An example brings its scenario, its lists and its mini app. Everything can be changed afterwards.
examples-empty = This build carries no examples.
example-install = Install

## Lists
lists-title = Lists
lists-new = New list
lists-empty-title = No lists yet
lists-empty-text = A list is a table: a menu, a price list, orders, participants. Scenarios read and write it.
list-name-example = Menu
list-columns = Columns
list-columns-hint = Values of a unique column do not repeat. A column that is removed takes its values along.
column-remove = Remove
list-more-columns = More columns
list-edit-title = Columns of “{ $name }”
list-delete = Delete the list
list-delete-title = Delete “{ $name }”?
list-delete-text = All its rows are deleted. This cannot be undone.
list-rebuilding = Long list: the indexes of its columns are being made. Bots go on meanwhile; uniqueness holds when it is done.
list-not-unique = “{ $name }” did not become unique: rows share a value in it. Change those rows, then make it unique again.
column-name = Column
column-type = Type
column-unique = Unique
column-type-text = Text
column-type-number = Number
column-type-bool = Yes or no
column-type-date = Date
column-type-json = Any data (JSON)
column-hint-text = Any text.
column-hint-number = A number such as 12.50.
column-hint-bool = Yes, no, or empty.
column-hint-date = As 31.12.2027 or 31.12.2027 18:30.
column-hint-json = Data in JSON form.
rows-empty-title = No rows yet
rows-empty-text = Add the first row here, or let a scenario add rows.
row-new = Add a row
row-edit = Edit the row
row-delete-title = Delete the row?
row-delete-text = This cannot be undone.

## Global variables
globals-title = Global variables
globals-intro = One value for all subscribers and bots of the project. In a text:
globals-example = price
globals-new = New variable
globals-empty-title = No global variables yet
globals-empty-text = Keep what many scenarios share here: a price, a phone number, a counter.
global-delete-title = Delete “{ $name }”?
global-delete-text = Scenarios that read it will see an empty value. This cannot be undone.

## Secrets
secrets-title = Secrets
secrets-intro = Keys for outside services. In an HTTP request:
secrets-new = Add or replace a secret
secrets-hint = The value is encrypted and cannot be read back, only replaced.
secrets-empty-title = No secrets yet
secrets-empty-text = Store the key of a service here instead of writing it into a scenario.
secret-delete-title = Delete “{ $name }”?
secret-delete-text = Requests that use it will fail. This cannot be undone.

## Mini apps
mini-apps-title = Mini apps
mini-apps-new = New mini app
mini-apps-empty-title = No mini apps yet
mini-apps-empty-text = A mini app is a page that opens inside the messenger and sends its data to the bot.
mini-app-bot = Bot
mini-app-bot-hint = The bot that opens the app and gets its data.
mini-app-no-bot = Make a bot first: a mini app belongs to one.
mini-app-link = Public link
mini-app-link-hint = Put it behind a button of a message, or give it to @BotFather.
mini-app-code = Code
mini-app-preview = Preview
mini-app-help-title = How the app sends data to the bot
mini-app-help-text = The page has window.quescha. Send it along with your data; every key becomes a variable of the scenario.
mini-app-delete-title = Delete “{ $name }”?
mini-app-delete-text = Its link stops working. This cannot be undone.
mini-app-sample-title = Order
mini-app-sample-button = Send
mini-app-sample-sent = Sent to the bot.
mini-app-sample-failed = Open this page from the bot.

## API tokens
tokens-title = API
tokens-intro = A token lets a program do what you do here. Keep it like a password.
tokens-new = New token
tokens-empty-title = No tokens yet
tokens-empty-text = Make one when a program of yours needs to reach Scenaria.
token = Token
token-created = Copy the token now: it is not shown again.
token-scopes = Rights
token-scope-read = Read
token-scope-write = Read and write
token-used = Last used { $when }
token-unused = Never used
token-revoke = Revoke
token-delete-title = Revoke “{ $name }”?
token-delete-text = Programs that use this token lose access at once.

## Settings
settings-title = Settings
settings-zone = Time zone
settings-zone-hint = For schedules and dates of the project.
settings-password-current = Current password
settings-password-new = New password
settings-password-submit = Change the password
settings-addresses = Addresses
settings-public-url = Public address
settings-public-url-http = Messengers open mini apps and call webhooks only by https. Start Scenaria with --public-url https://… to have them.

## Flash messages
flash-saved = Saved.
flash-password = The password is changed; other devices are signed out.
flash-created = Created.
flash-deleted = Deleted.
flash-connected = The bot is connected.
flash-installed = The example is installed.
flash-imported = The scenario is imported.
flash-paused = The bot is paused.
flash-resumed = The bot works again.
flash-attached = The scenario is attached.
flash-detached = The scenario is detached.

## Errors
error-request-id = Request
error-go-home = Home
error-bad-request = The request cannot be understood
error-unauthenticated = Sign in first
error-wrong-secret = The secret does not match
error-init-data-refused = The launch data of the mini app is not genuine or too old
error-csrf-refused = The form is out of date. Reload the page and try again
error-forbidden = You may not do this
error-not-found = Not found
error-method-not-allowed = This address does not take such requests
error-revision-conflict = Somebody else has changed it meanwhile. Reload to see the newer state
error-name-taken = This name is already taken
error-address-over = This address was good for one call, and is over
error-value-taken = This value is already taken
error-too-large = Too large
error-unsupported-media-type = This kind of data is not accepted here
error-invalid = Something is not right
error-reserved-key = Names that begin with _ are reserved
error-channel-refused = The messenger refused
error-too-many-attempts = Too many attempts. Wait a minute
error-internal = Something went wrong on our side
error-channel-unreachable = The messenger cannot be reached
error-busy = Too busy right now. Try again in a moment
row-changed = A bot or somebody else has changed the row meanwhile. Look at what is marked, and save once more.
row-changed-cell = Now in the row: { $value }
row-changed-empty = nothing

subscribers-title = Subscribers
subscribers-search = Name, number or value of a field
subscribers-none = Nobody was found.
subscribers-empty-title = No subscribers yet
subscribers-empty-text = Everybody who writes to the bot will be here.
find = Find
subscriber-number = Number
subscriber-language = Language
subscriber-first-seen = First seen
subscriber-last-seen = Last seen
subscriber-runs = Where they are
subscriber-runs-empty = In no scenario now.
subscriber-fields = Fields
subscriber-fields-empty = No fields yet.
subscriber-history = Conversation
subscriber-history-empty = No messages yet.
run-stop = Stop
run-stop-question = Stop the run? The subscriber will not come to the end of the scenario.
flash-stopped = The run is being stopped.
