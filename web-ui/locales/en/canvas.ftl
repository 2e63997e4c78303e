# Texts of the canvas. Names follow the product's glossary.

## Cards

when = When: { $what }
next = Next
trigger = Trigger
triggers = Triggers
unnamed-block = Block
empty-block = Nothing here yet
empty-note = Empty note
no-text = No text yet
no-caption = no caption
no-condition = no condition
not-chosen = not chosen
empty-value = empty
more-steps = { $count ->
    [one] { $count } more step
   *[other] { $count } more steps
  }
and-more = and { $count } more
fold = Fold
waits = waits: { $answer }
waits-to = waits: { $answer } → { $target }
wrong-answer = Wrong answer: { $text }
drag-to-connect = Drag to a card to connect
drag-to-connect-from = “{ $label }”: drag to a card to connect
jump-to = Go to “{ $name }”
minimap = Overview of the canvas
node-help = Enter selects the card, the arrow keys move it, Delete removes it
edge-help = Enter selects the line, Delete removes it

answer-text = text
answer-number = number
answer-phone = phone number
answer-email = e-mail
answer-choice = a button
answer-contact = contact
answer-location = location
answer-any = anything

trigger-any-text = any text
trigger-text-equals = { $texts }
trigger-text-contains = has { $texts }
trigger-text-regex = matches { $texts }
trigger-any-link = any start link
trigger-any-button = any button
trigger-any-app = any mini app

## What silent actions do

a-branch = A branch
choose-scenario = Choose a scenario
day-off = day off
hours-of = Hours, { $day }
same-hours = The same hours on every working day
duration-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
  }
duration-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
  }
duration-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
  }
duration-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
  }

compare-eq = =
compare-ne = ≠
compare-gt = >
compare-ge = ≥
compare-lt = <
compare-le = ≤
compare-contains = contains
compare-not-contains = does not contain
compare-starts = starts with
compare-ends = ends with
compare-matches = matches
compare-between = is between
compare-in = is one of
compare-not-in = is none of
compare-within = occurs in
compare-empty = is empty
compare-not-empty = is not empty
join-and = and
join-or = or

## Variables

scope-client = Subscriber
scope-run = Temporary
scope-person = Person
scope-global = Global
scope-env = Secret
scope-function = About the subscriber
scope-formula = Calculation
function-Name = First name
function-FullName = Full name
function-Answer = Last answer
function-ClientID = Subscriber’s id
function-ClientLink = Link to the profile
function-BotID = Bot’s id
function-Date = Today
function-CurrentTime = Time now
insert-variable = Insert a variable
find-variable = Find or create…
new-variable = New variable
whose-variable = whose variable
variable-name = name
choose-file = Choose a file
files-of-workspace = Files
upload-file = Upload
find-file = Find a file
no-files = No files yet. What you upload here can be sent by every scenario.
files-loading = Loading…
files-offline = No connection. Try again.
file-too-large = The file is larger than { $limit }, the most that Telegram takes from a bot.
file-replace = There is a file “{ $name }” already. Replace it? Scenarios that send it will send the new one.
file-replace-yes = Replace

## Board and bar

toolbar = Scenario
save-saved = Saved
save-dirty = Not saved yet
save-saving = Saving…
save-failed = Not saved: no connection
save-refused = Not saved: there are mistakes
save-conflict = Somebody else has changed this scenario
never-published = Never published
published-version = Version { $number } is published
try-again = Try again
reload = Load theirs
overwrite = Keep mine
overwrite-question = Keep your version? What the other person changed will be lost.
undo = Undo
redo = Redo
add-card = Add a card
search = Search
search-hint = Search (Ctrl+K)
search-cards = Find a card or a text…
arrange = Arrange the cards
findings = Issues
findings-count = { $count ->
    [one] { $count } issue
   *[other] { $count } issues
  }
no-findings = Everything is fine
test-chat = Test chat
open-test-chat = Open the test chat in a new tab
publish = Publish
published = Version { $number } is published
publish-refused = There are mistakes to mend before publishing
publish-failed = Publishing did not work. Please try again.
zoom-in = Zoom in
zoom-out = Zoom out
zoom-fit = Show everything
draw-as-link = Draw as a link
disconnect = Disconnect
deleted = { $count ->
    [0] Line removed
    [one] Card deleted
   *[other] { $count } cards deleted
  }
copied = Copied
copy-failed = The browser did not allow copying

## Palette

palette = What to add
palette-search = Find an action…
nothing-found = Nothing found
note = Note
note-help = A remark for yourself and your colleagues
other = Other

## Inspector

inspector = Settings
many-selected = { $count ->
    [one] { $count } card selected
   *[other] { $count } cards selected
  }
block-name = Name of the block
trigger-head = When: { $title }
add-action = Add an action
duplicate = Duplicate
delete = Delete
close = Close
drag-to-reorder = Drag to reorder
move-up = Move up
move-down = Move down
wait-for-answer = Wait for an answer
exits = Ways out
leads-to = Leads to
runs-on = Goes on below
ends-here = Ends here
nowhere = Nowhere yet
to-error-block = To the common error block
errors-here = Errors without a way out of their own come here
new-block = + New block
unknown-action = This version of Scenaria does not know the action “{ $kind }”. It is kept as it is.
interrupts = May interrupt an open question
webhook-url = Address
webhook-after-publish = The address appears here once the scenario is published.
copy = Copy

## Forms

more-settings = More settings
add = Add
remove = Remove
apply = Apply
add-button = Add a button
add-to-row = Add to this row
button-settings = What the button does
choose-list = Choose a list
choose-column = Choose a column
choose-app = Choose a mini app
any-app = Any mini app
unit = unit
unit-seconds = seconds
unit-minutes = minutes
unit-hours = hours
unit-days = days
comparison = Comparison
condition-left = What to compare
condition-right = With what
condition-as-text = As text
condition-as-rows = As rows
condition-only-text = This condition is too rich for rows; it stays a text.
add-condition = Add a condition
mark-bold = Bold (Ctrl+B)
mark-italic = Italic (Ctrl+I)
mark-underline = Underline (Ctrl+U)
mark-strike = Strikethrough
mark-code = Code
mark-link = Link
link-address = Address of the link
code-larger = Larger
code-smaller = Smaller

## Publishing, overlaps, palette

people-inside = There are people inside of this scenario
people-inside-help = These blocks were changed or deleted. Choose how those who are in them go on. Publishing changes nothing for everybody else.
people-count = { $fate ->
    [deleted] deleted
   *[other] changed
  } · { $count ->
    [one] { $count } run
   *[other] { $count } runs
  }
move-finish = Finish the old way
move-start = Start over
move-to-block = Move to a block
cancel = Cancel
scenario-settings = Settings of the scenario
save-signed-out = Not saved: you are signed out
sign-in-again = Sign in in a new tab
question-returns = Ask the interrupted question again afterwards
overlap = If this scenario is already running for the person
overlap-start_over = Start over
overlap-queue = Begin when it is over
overlap-ignore = Ignore
list-write = Write to a list
list-write-help = Add a row, change one, or do whichever fits
back-to-all = Back

## Sections

section = Section
section-name = Name of the section
unnamed-section = Unnamed section
no-section = No section
several-sections = Several sections
new-section = + New section
delete-section = Remove the section (its blocks stay)
section-condition = Who is let in
section-condition-help = Checked on every way into the section, old buttons included. Without a condition, everybody is.
section-otherwise = Everybody else goes
to-not-understood = To “Not understood”
fold-section = Fold “{ $name }”
unfold-section = Unfold “{ $name }”
blocks-count = { $count ->
    [one] { $count } block
   *[other] { $count } blocks
  }
