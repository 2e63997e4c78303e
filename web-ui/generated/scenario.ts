// Made by `npm run generate` from scenario.schema.json. Do not edit.

/**
 * What starts a run: an entry card of the canvas.
 */
export type Trigger = {
  id: TriggerId;
  /**
   * Whether it may break into an open question; by default commands and start links do, texts do not.
   */
  interrupts?: boolean | null;
  /**
   * Whether the question it breaks into is asked again when the run it starts is over.
   */
  question_returns?: boolean;
  /**
   * What happens when the scenario is at work for this person already.
   */
  overlap?: "start_over" | "queue" | "ignore";
  position?: Position;
  next?: Transition | null;
} & Trigger1;
/**
 * A trigger of a scenario.
 */
export type TriggerId = string;
/**
 * A block (card) of a scenario.
 */
export type BlockId = string;
/**
 * How a transition is drawn.
 */
export type View = "line" | "link";
export type Trigger1 =
  | {
      kind: "command";
      options: CommandTrigger;
    }
  | {
      kind: "text";
      options: TextTrigger;
    }
  | {
      kind: "start_link";
      options: StartLinkTrigger;
    }
  | {
      kind: "button";
      options: ButtonTrigger;
    }
  | {
      kind: "mini_app";
      options: MiniAppTrigger;
    }
  | {
      kind: "webhook";
      options: WebhookTrigger;
    }
  | {
      kind: "media";
      options: MediaTrigger;
    }
  | {
      kind: "location";
      options: LocationTrigger;
    }
  | {
      kind: "contact";
      options: ContactTrigger;
    }
  | {
      kind: "picked";
      options: PickedTrigger;
    }
  | {
      kind: "join_request";
      options: JoinRequestTrigger;
    }
  | {
      kind: "inline_query";
      options: InlineQueryTrigger;
    }
  | {
      kind: "link_visited";
      options: LinkVisitedTrigger;
    }
  | {
      kind: "checkout";
      options: CheckoutTrigger;
    }
  | {
      kind: "payment";
      options: PaymentTrigger;
    }
  | {
      kind: "tag_added";
      options: TagTrigger;
    }
  | {
      kind: "tag_removed";
      options: TagTrigger;
    }
  | {
      kind: "field_changed";
      options: FieldTrigger;
    }
  | {
      kind: "membership";
      options: MembershipTrigger;
    }
  | {
      kind: "scenario_error";
      options: ScenarioErrorTrigger;
    }
  | {
      kind: "schedule";
      options: ScheduleTrigger;
    }
  | {
      kind: "list_date";
      options: ListDateTrigger;
    }
  | {
      kind: "list_row";
      options: ListRowTrigger;
    }
  | {
      kind: "called";
      options: CalledTrigger;
    }
  | {
      kind: "fallback";
      options: FallbackTrigger;
    };
/**
 * Without the slash: small Latin letters, digits and `_`. `start` also takes a plain opening of the
 * dialogue.
 */
export type Command = string;
/**
 * How a text trigger compares.
 */
export type Comparison = "equals" | "contains" | "regex" | "any";
/**
 * One of them is enough; capital and small letters are the same.
 *
 * @maxItems 50
 */
export type Texts = string[];
/**
 * `ref_{who}` takes any ending and keeps it in the variable `who`; an empty code takes every link.
 */
export type CodeOfTheLink = string;
/**
 * Empty takes any.
 */
export type DataOfTheButton = string;
/**
 * Without a choice, any of them.
 */
export type MiniApp = string;
/**
 * The kinds of files a person sends.
 */
export type WhatIsSent =
  "any" | "photo" | "video" | "file" | "audio" | "voice" | "animation" | "sticker" | "video_note";
/**
 * The messenger vouches for it.
 */
export type OnlyThePersonSOwnNumber = boolean;
/**
 * People are in the variables `picked_ids` and `picked_names`, a chat in `picked_chat_id` and
 * `picked_chat_title`, a poll in `poll_question` and `poll_options`.
 */
export type WhatIsPicked = "any" | "users" | "chat" | "poll";
/**
 * Its @name or number; empty takes any.
 */
export type ChannelOrGroup = string;
/**
 * Empty takes any.
 */
export type TheQueryBeginsWith = string;
/**
 * As “Tracked link” gave it; empty takes any.
 */
export type NameOfTheLink = string;
/**
 * Otherwise at the first visit of each link only.
 */
export type AtEveryVisit = boolean;
/**
 * `order_{id}` takes any ending and keeps it in the variable `id`; empty takes every payment.
 */
export type MarkOfThePayment = string;
/**
 * `order_{id}` takes any ending and keeps it in the variable `id`; empty takes every payment.
 */
export type MarkOfThePayment1 = string;
/**
 * Empty takes any; which one it was is in the variable `_tag`.
 */
export type Tag = string;
/**
 * The variables `_old_value` and `_new_value` hold what it was and what it is.
 */
export type FieldOfTheSubscriber = string;
export type ComesForTheFirstTime = boolean;
export type BlocksTheBot = boolean;
export type UnblocksTheBot = boolean;
/**
 * The bot has to be an administrator there.
 */
export type JoinsAGroupOrChannel = boolean;
export type LeavesAGroupOrChannel = boolean;
/**
 * What a schedule counts by.
 */
export type HowOften = "minutes" | "hours" | "day" | "month" | "cron";
export type OnceInHowMany = number;
/**
 * Days of the week.
 */
export type On =
  | "any"
  | "workdays"
  | "weekend"
  | "monday"
  | "tuesday"
  | "wednesday"
  | "thursday"
  | "friday"
  | "saturday"
  | "sunday";
/**
 * In a month that is shorter, its last day.
 */
export type DayOfTheMonth = number;
/**
 * Such as `10:00`.
 */
export type TimeOfDay = string;
/**
 * Minute, hour, day, month and weekday: `0 10 * * mon-fri` is at 10:00 on working days.
 */
export type CronExpression = string;
/**
 * A run for every subscriber goes by the subscriber's field `timezone`; without it, by the bot's clock.
 */
export type ForWhom = "once" | "each";
export type List = string;
export type ColumnWithTheDate = string;
/**
 * On which side of the date.
 */
export type When = "before" | "at" | "after";
export type HowMuch = number;
export type Unit = ("minutes" | "hours") | "days";
/**
 * Such as `10:00`; counted in days. Without it, the time that stands with the date.
 */
export type TimeOfDay1 = string;
/**
 * Holds `[ClientID]`. Then the run is this subscriber's, and rows without a subscriber of the bot are left out.
 */
export type ColumnWithTheSubscriber = string;
/**
 * What becomes of a row that is added, or whose date is moved, when its moment has gone by already.
 */
export type IfTheMomentHasGoneBy = "skip" | "fire";
export type List1 = string;
/**
 * The row is in the variable `_row`, what it was before in `_old`, what happened in `_change`.
 */
export type WhenARowIs = "added" | "changed" | "deleted" | "added_or_changed" | "any";
/**
 * Without a choice, any of them.
 */
export type OnlyIfThisColumnChanged = string;
/**
 * Holds `[ClientID]`. Then the run is this subscriber's, and rows without a subscriber of the bot are left out.
 */
export type ColumnWithTheSubscriber1 = string;
/**
 * Names of the temporary variables that the caller fills in.
 *
 * @maxItems 50
 */
export type WhatItIsGiven = string[];
/**
 * A section of a scenario: blocks that belong together.
 */
export type SectionId = string;
/**
 * One step of a card.
 */
export type Action = {
  id: ActionId;
  /**
   * The exits that have a line; the others run on to the next action.
   */
  exits?: {
    [k: string]: Transition;
  };
} & Action1;
/**
 * An action inside a scenario; unique in the whole document.
 */
export type ActionId = string;
export type Action1 =
  | {
      kind: "send_message";
      options: SendMessage;
    }
  | {
      kind: "ask";
      options: Ask;
    }
  | {
      kind: "edit_message";
      options: EditMessage;
    }
  | {
      kind: "delete_message";
      options: DeleteMessage;
    }
  | {
      kind: "typing";
      options: Typing;
    }
  | {
      kind: "set_variables";
      options: SetVariables;
    }
  | {
      kind: "branch";
      options: Branch;
    }
  | {
      kind: "switch";
      options: Switch;
    }
  | {
      kind: "random_split";
      options: RandomSplit;
    }
  | {
      kind: "for_each";
      options: ForEach;
    }
  | {
      kind: "go_to";
      options: GoTo;
    }
  | {
      kind: "call_scenario";
      options: CallScenario;
    }
  | {
      kind: "step_back";
      options: StepBack;
    }
  | {
      kind: "restart";
      options: Restart;
    }
  | {
      kind: "end";
      options: End;
    }
  | {
      kind: "raise_error";
      options: RaiseError;
    }
  | {
      kind: "list_find";
      options: ListFind;
    }
  | {
      kind: "list_add";
      options: ListAdd;
    }
  | {
      kind: "list_edit";
      options: ListEdit;
    }
  | {
      kind: "list_upsert";
      options: ListUpsert;
    }
  | {
      kind: "list_delete";
      options: ListDelete;
    }
  | {
      kind: "list_reserve";
      options: ListReserve;
    }
  | {
      kind: "list_increment";
      options: ListIncrement;
    }
  | {
      kind: "increment";
      options: Increment;
    }
  | {
      kind: "javascript";
      options: Javascript;
    }
  | {
      kind: "http_request";
      options: HttpRequest;
    }
  | {
      kind: "respond";
      options: Respond;
    }
  | {
      kind: "webhook_address";
      options: WebhookAddress;
    }
  | {
      kind: "wait_webhook";
      options: WaitWebhook;
    }
  | {
      kind: "delay";
      options: Delay;
    }
  | {
      kind: "wait_until";
      options: WaitUntil;
    }
  | {
      kind: "working_hours";
      options: WorkingHours;
    }
  | {
      kind: "cancel_waits";
      options: CancelWaits;
    }
  | {
      kind: "tag_add";
      options: TagAdd;
    }
  | {
      kind: "tag_remove";
      options: TagRemove;
    }
  | {
      kind: "set_fields";
      options: SetFields;
    }
  | {
      kind: "send_to";
      options: SendTo;
    }
  | {
      kind: "notify_staff";
      options: NotifyStaff;
    }
  | {
      kind: "start_scenario";
      options: StartScenario;
    }
  | {
      kind: "stop_scenario";
      options: StopScenario;
    }
  | {
      kind: "consent";
      options: Consent;
    }
  | {
      kind: "subscription";
      options: Subscription;
    }
  | {
      kind: "forget_me";
      options: ForgetMe;
    }
  | {
      kind: "check_subscription";
      options: CheckSubscription;
    }
  | {
      kind: "give_access";
      options: GiveAccess;
    }
  | {
      kind: "take_access";
      options: TakeAccess;
    }
  | {
      kind: "copy_message";
      options: CopyMessage;
    }
  | {
      kind: "make_link";
      options: MakeLink;
    }
  | {
      kind: "send_invoice";
      options: SendInvoice;
    }
  | {
      kind: "answer_payment";
      options: AnswerPayment;
    }
  | {
      kind: "answer_inline";
      options: AnswerInline;
    }
  | {
      kind: "call_channel";
      options: CallChannel;
    };
export type Text = string;
/**
 * One of your files, an address with `https://` in front, or a variable with a file that was sent to the bot. An array gives several files; an empty value none.
 */
export type File = string;
/**
 * What a file is shown as.
 */
export type ShowAs =
  "auto" | "photo" | "video" | "file" | "audio" | "voice" | "animation" | "sticker" | "video_note";
/**
 * Pictures, videos and documents; several make an album.
 */
export type Files = Attachment[];
export type TextAboveTheFiles = boolean;
/**
 * A way out of an action or a trigger: a button, a branch, an error, a time-out.
 */
export type Id = string;
export type Caption = string;
/**
 * What pressing a button does.
 */
export type WhenPressed =
  ("url" | "mini_app" | "contact" | "location") | "go" | "users" | "chat" | "poll" | "copy" | "inline";
/**
 * Where the button leads, with `https://` in front.
 */
export type Address = string;
export type MiniApp1 = string;
export type TextToCopy = string;
/**
 * What stands after the bot's name then; the bot must take inline queries.
 */
export type TextOfTheQuery = string;
/**
 * Otherwise the person picks a chat.
 */
export type InThisChat = boolean;
/**
 * How many people can be picked at once.
 */
export type AtMost = number;
/**
 * Who may be picked.
 */
export type Who = "people" | "premium" | "bots" | "any";
export type TellTheNames = boolean;
export type TellTheUsernames = boolean;
export type TellThePictures = boolean;
/**
 * Which chats may be picked.
 */
export type WhichOne = "group" | "forum" | "channel";
/**
 * Whether the chat has a public name.
 */
export type PublicOrPrivate = "any" | "public" | "private";
export type OnlyWhatThePersonCreated = boolean;
export type OnlyWhereTheBotIsAlready = boolean;
/**
 * The messenger asks the person to agree. He has to be an administrator himself who may appoint others.
 */
export type TheBotBecomesAnAdministratorThere = boolean;
export type TellTheTitle = boolean;
export type TellThePublicName = boolean;
export type TellThePicture = boolean;
/**
 * Which polls a person may make.
 */
export type WhichPoll = "any" | "regular" | "quiz";
/**
 * What the answer becomes when a question's button is pressed; without it, the caption.
 */
export type Value = string | null;
/**
 * Pressed later, a button that no longer works says that the menu is out of date.
 */
export type Works = "always" | "auto" | "while_waiting";
/**
 * What becomes of the buttons of a message when one is pressed.
 */
export type AfterAPress = "keep" | "remove" | "tick";
/**
 * Rows of buttons. They work at any time later.
 */
export type Buttons = Button[][];
/**
 * Where the choices of a message are shown; an adapter that lacks the place takes the nearest one.
 */
export type PlaceOfTheButtons = "inline" | "keyboard";
export type HideTheKeyboardAfterAPress = boolean;
export type HintInTheInputField = string;
/**
 * One more button for each element of an array; a press goes on along “Button from data” with the element's value as the answer.
 */
export type ButtonsFromData = OptionsFrom | null;
/**
 * A variable with rows of a list or other elements.
 */
export type Array = string;
/**
 * The element is `#{item}`, its column `#{item.name}`.
 */
export type Caption1 = string;
/**
 * What the answer becomes; without it, the caption.
 */
export type Value1 = string;
export type ButtonsInARow = number | null;
export type KeepThePressedButtonSValueIn = string | null;
export type PlaceOnTheMap = PlacePart | null;
export type Latitude = string;
export type Longitude = string;
export type NameOfThePlace = string;
export type Address1 = string;
export type ContactCard = ContactPart | null;
export type PhoneNumber = string;
export type FirstName = string;
export type LastName = string;
/**
 * Whether a message takes the place of the one this action sent before.
 */
export type IfThisWasSentBefore = "no" | "edit" | "resend";
/**
 * To change or delete the message later.
 */
export type KeepTheMessageSNumberIn = string | null;
/**
 * For “Call a channel method”. The scenario then goes on only when the message has arrived.
 */
export type KeepTheMessengerSOwnNumberIn = string | null;
/**
 * The buttons in place of the keyboard, left by an earlier message, go away.
 */
export type RemoveTheKeyboard = boolean;
export type WithoutASound = boolean;
export type NoForwardingOrSaving = boolean;
export type NoPreviewOfLinks = boolean;
export type Question = string;
export type Files1 = Attachment[];
/**
 * What a question wants to hear.
 */
export type WhatAnswerIsExpected =
  | (
      | "text"
      | "number"
      | "email"
      | "date"
      | "time"
      | "choice"
      | "photo"
      | "voice"
      | "video"
      | "location"
      | "users"
      | "poll"
      | "any"
    )
  | "phone"
  | "several"
  | "pattern"
  | "file"
  | "contact"
  | "user"
  | "chat";
/**
 * A regular expression that the whole answer must match, such as `[A-Z]{2}-\d{4}`.
 */
export type Pattern = string;
/**
 * The least number, the earliest date or time, the least number of buttons.
 */
export type NotLessThan = string;
/**
 * The greatest number, the latest date or time, the greatest number of buttons.
 */
export type NotMoreThan = string;
/**
 * A field of the subscriber is kept for ever, a temporary variable until the end of the run.
 */
export type KeepTheAnswerIn = string | null;
/**
 * Rows of answers. Typing a caption counts as pressing the button.
 */
export type Buttons1 = Button[][];
/**
 * Where the choices of a message are shown; an adapter that lacks the place takes the nearest one.
 */
export type PlaceOfTheButtons1 = "inline" | "keyboard";
export type HideTheKeyboardAfterAPress1 = boolean;
export type HintInTheInputField1 = string;
/**
 * The button that ends the choice.
 */
export type CaptionOfDone = string;
/**
 * One more button for each element of an array.
 */
export type ButtonsFromData1 = OptionsFrom | null;
/**
 * A typed text that is none of the buttons is an answer as well.
 */
export type TakeOtherAnswersToo = boolean;
/**
 * What the bot says then; without it, a sentence in the person's language.
 */
export type WhenTheAnswerIsWrong = string;
/**
 * Whoever writes it goes on along “Skipped” without an answer.
 */
export type WordToSkip = string;
/**
 * After so many wrong answers it goes on along “Too many wrong answers”.
 */
export type Attempts = number | null;
/**
 * Without an answer by then it goes on along “No answer”.
 */
export type WaitForSeconds = number | null;
/**
 * After each message it waits so long for one more; the answer is an array of all of them. A button ends it
 * at once.
 */
export type CollectSeveralMessagesSeconds = number | null;
/**
 * Whether a message takes the place of the one this action sent before.
 */
export type IfItWasAskedBefore = "no" | "edit" | "resend";
/**
 * The variable in which “Message” kept it.
 */
export type NumberOfTheMessage = string;
/**
 * When it is empty, the text stays.
 */
export type NewText = string;
/**
 * In place of the one the message has.
 */
export type NewFile = Attachment[];
/**
 * What becomes of the buttons of a changed message.
 */
export type Buttons2 = "keep" | "new" | "remove";
/**
 * Rows of buttons.
 */
export type NewButtons = Button[][];
/**
 * The variable in which “Message” kept it; an array deletes several.
 */
export type NumberOfTheMessage1 = string;
/**
 * What a chat shows the bot to be doing.
 */
export type WhatTheChatShows =
  | "typing"
  | "record_voice"
  | "upload_photo"
  | "upload_video"
  | "upload_file"
  | "find_location"
  | "choose_sticker";
export type ForSeconds = number;
export type Variable = string;
/**
 * A text, a variable, or arithmetic in `{{ }}`.
 */
export type Value2 = string;
/**
 * From top to bottom; a later line sees what an earlier one wrote.
 *
 * @maxItems 100
 */
export type WhatToSet = Assignment[];
/**
 * Tried from top to bottom; the first one that is true is taken.
 *
 * @minItems 1
 * @maxItems 50
 */
export type Branches = [Case, ...Case[]];
/**
 * A way out of an action or a trigger: a button, a branch, an error, a time-out.
 */
export type Id1 = string;
export type Name = string;
export type Condition = string;
/**
 * What is compared: a variable, or an expression.
 */
export type Value3 = string;
/**
 * Compared from top to bottom; the first equal one is taken.
 *
 * @minItems 1
 * @maxItems 100
 */
export type Cases = [Case2, ...Case2[]];
/**
 * A way out of an action or a trigger: a button, a branch, an error, a time-out.
 */
export type Id2 = string;
/**
 * An array means one of its elements.
 */
export type IsEqualTo = string;
export type Name1 = string;
/**
 * @minItems 2
 * @maxItems 20
 */
export type Branches1 =
  | [Share, Share]
  | [Share, Share, Share]
  | [Share, Share, Share, Share]
  | [Share, Share, Share, Share, Share]
  | [Share, Share, Share, Share, Share, Share]
  | [Share, Share, Share, Share, Share, Share, Share]
  | [Share, Share, Share, Share, Share, Share, Share, Share]
  | [Share, Share, Share, Share, Share, Share, Share, Share, Share]
  | [Share, Share, Share, Share, Share, Share, Share, Share, Share, Share]
  | [Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share]
  | [Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share]
  | [Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share]
  | [Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share]
  | [Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share, Share]
  | [
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share
    ]
  | [
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share
    ]
  | [
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share
    ]
  | [
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share
    ]
  | [
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share,
      Share
    ];
/**
 * A way out of an action or a trigger: a button, a branch, an error, a time-out.
 */
export type Id3 = string;
export type Name2 = string;
/**
 * How often, beside the other branches: 1 and 3 are a quarter and three quarters.
 */
export type Share1 = number;
/**
 * A subscriber who comes again goes the way he went before. Otherwise it is drawn anew.
 */
export type TheSameBranchEveryTime = boolean;
export type KeepTheBranchSNameIn = string | null;
/**
 * An array, such as rows that were found. Nothing is an empty array, a single value an array of itself.
 */
export type OverWhat = string;
/**
 * Temporary variable that holds the element while its pass lasts.
 */
export type Element = string;
/**
 * Temporary variable that counts the elements from 1.
 */
export type Number = string | null;
/**
 * It begins at its trigger “When called”, else at the command `start`. It has to be published.
 */
export type Scenario1 = string;
export type ItsVariable = string;
export type Value4 = string;
/**
 * It sees these temporary variables and no others; the subscriber's fields are the same for both.
 *
 * @maxItems 50
 */
export type WhatItIsGiven1 = Given[];
export type ItsVariable1 = string;
export type KeepIn = string;
/**
 * Its temporary variables as they are when it ends.
 *
 * @maxItems 50
 */
export type WhatToTakeOver = Taken[];
/**
 * Which question is asked again.
 */
export type ToWhichQuestion = "before" | "again";
/**
 * Otherwise only what the start brought is kept, such as the part of a start link.
 */
export type KeepTheTemporaryVariables = boolean;
/**
 * What ends.
 */
export type WhatEnds = "scenario" | "run" | "loop" | "pass";
/**
 * Where the error is caught, it is `#{_error}`.
 */
export type WhatIsWrong = string;
export type List2 = string;
/**
 * Without any, every row is found.
 *
 * @maxItems 20
 */
export type Conditions =
  | []
  | [RowFilter]
  | [RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ];
export type Column = string;
/**
 * Comparison of a column with a value, by the rules of [`Value::compare`].
 */
export type Comparison1 =
  | (
      | "eq"
      | "ne"
      | "gt"
      | "ge"
      | "lt"
      | "le"
      | "between"
      | "in"
      | "not_in"
      | "contains"
      | "not_contains"
      | "starts"
      | "ends"
      | "within"
      | "empty"
      | "not_empty"
    )
  | "words";
/**
 * Several values are written with commas, or come from an array.
 */
export type Value5 = string;
export type And = string;
/**
 * Compares two columns of the same row.
 */
export type InsteadOfTheValueAnotherColumn = string;
export type OneConditionIsEnough = boolean;
/**
 * Where all conditions must hold, one of a group is enough; where one is enough, all of a group must hold.
 *
 * @maxItems 10
 */
export type GroupsOfConditions =
  | []
  | [FilterGroup]
  | [FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup
    ]
  | [
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup
    ];
/**
 * @maxItems 20
 */
export type Conditions1 =
  | []
  | [RowFilter]
  | [RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ];
/**
 * Without a column, rows come in the order they were added.
 */
export type SortBy = string;
export type FromLargestToSmallest = boolean;
/**
 * Decides between rows that are equal so far.
 *
 * @maxItems 5
 */
export type ThenBy =
  | []
  | [SortColumn]
  | [SortColumn, SortColumn]
  | [SortColumn, SortColumn, SortColumn]
  | [SortColumn, SortColumn, SortColumn, SortColumn]
  | [SortColumn, SortColumn, SortColumn, SortColumn, SortColumn];
export type Column1 = string;
export type FromLargestToSmallest1 = boolean;
/**
 * With columns to sort by, only rows that are equal by them are mixed.
 */
export type InRandomOrder = boolean;
/**
 * Of rows with the same value in this column, the first one counts.
 */
export type NoRepeatsIn = string;
export type AtMostRows = number;
/**
 * From 1; a page has as many rows as are taken at most.
 */
export type Page = string;
export type SkipRows = string;
/**
 * An array; a row's column is `#{rows[0].column}`, its id `#{rows[0]._id}`.
 */
export type KeepTheRowsIn = string | null;
export type KeepTheFirstRowIn = string | null;
export type KeepHowManyWereTakenIn = string | null;
/**
 * Whatever the page: how many there are, a sum, an average, the smallest or the largest value.
 *
 * @maxItems 10
 */
export type NumbersOverAllThatMatch =
  | []
  | [TotalOf]
  | [TotalOf, TotalOf]
  | [TotalOf, TotalOf, TotalOf]
  | [TotalOf, TotalOf, TotalOf, TotalOf]
  | [TotalOf, TotalOf, TotalOf, TotalOf, TotalOf]
  | [TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf]
  | [TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf]
  | [TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf]
  | [TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf]
  | [TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf, TotalOf];
export type What = "count" | "sum" | "avg" | "min" | "max";
/**
 * Empty cells do not count. Without a column, “how many” counts rows.
 */
export type OfTheColumn = string;
export type KeepItIn = string;
export type List3 = string;
export type Column2 = string;
export type Value6 = string;
/**
 * Columns that are not named stay empty.
 *
 * @maxItems 100
 */
export type Values = Cell[];
export type KeepTheNewRowSIdIn = string | null;
export type List4 = string;
/**
 * How the rows to change are told.
 */
export type WhichRows = "matching" | "number" | "all";
/**
 * As it was found: `#{row._id}`.
 */
export type TheRowSNumber = string;
/**
 * @maxItems 20
 */
export type Conditions2 =
  | []
  | [RowFilter]
  | [RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ];
export type OneConditionIsEnough1 = boolean;
/**
 * Where all conditions must hold, one of a group is enough; where one is enough, all of a group must hold.
 *
 * @maxItems 10
 */
export type GroupsOfConditions1 =
  | []
  | [FilterGroup]
  | [FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup
    ]
  | [
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup
    ];
export type Column3 = string;
/**
 * What a new value does to the one that is there.
 */
export type How = "set" | "add" | "append";
export type Value7 = string;
/**
 * @maxItems 100
 */
export type WhatToChange = CellEdit[];
export type KeepHowManyRowsChangedIn = string | null;
export type List5 = string;
/**
 * A unique column; one of the values below must be for it.
 */
export type ToldApartBy = string;
/**
 * Of a row that is there, columns that are not named stay as they are.
 *
 * @maxItems 100
 */
export type Values1 = Cell[];
export type KeepTheRowSNumberIn = string | null;
export type List6 = string;
/**
 * How the rows to change are told.
 */
export type WhichRows1 = "matching" | "number" | "all";
/**
 * As it was found: `#{row._id}`.
 */
export type TheRowSNumber1 = string;
/**
 * @maxItems 20
 */
export type Conditions3 =
  | []
  | [RowFilter]
  | [RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ];
export type OneConditionIsEnough2 = boolean;
/**
 * Where all conditions must hold, one of a group is enough; where one is enough, all of a group must hold.
 *
 * @maxItems 10
 */
export type GroupsOfConditions2 =
  | []
  | [FilterGroup]
  | [FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup
    ]
  | [
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup
    ];
export type KeepHowManyRowsWereDeletedIn = string | null;
export type List7 = string;
/**
 * A row is free while this column is empty.
 */
export type ColumnThatSaysWhoHasTakenTheRow = string;
export type ForWhom1 = string;
/**
 * @maxItems 20
 */
export type Conditions4 =
  | []
  | [RowFilter]
  | [RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ];
export type OneConditionIsEnough3 = boolean;
/**
 * Where all conditions must hold, one of a group is enough; where one is enough, all of a group must hold.
 *
 * @maxItems 10
 */
export type GroupsOfConditions3 =
  | []
  | [FilterGroup]
  | [FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup
    ]
  | [
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup
    ];
/**
 * Without a column, the oldest free row is taken.
 */
export type TakeFirstBy = string;
export type FromLargestToSmallest2 = boolean;
export type AnyFreeRowAtRandom = boolean;
/**
 * Otherwise whoever already has such a row gets the same one again.
 */
export type AnotherOneEachTime = boolean;
/**
 * @maxItems 100
 */
export type WriteIntoTheRowAsWell = Cell[];
export type KeepTheRowIn = string | null;
export type List8 = string;
/**
 * How the rows to change are told.
 */
export type WhichRows2 = "matching" | "number" | "all";
/**
 * As it was found: `#{row._id}`.
 */
export type TheRowSNumber2 = string;
/**
 * @maxItems 20
 */
export type Conditions5 =
  | []
  | [RowFilter]
  | [RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter, RowFilter]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ]
  | [
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter,
      RowFilter
    ];
export type OneConditionIsEnough4 = boolean;
/**
 * Where all conditions must hold, one of a group is enough; where one is enough, all of a group must hold.
 *
 * @maxItems 10
 */
export type GroupsOfConditions4 =
  | []
  | [FilterGroup]
  | [FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup, FilterGroup]
  | [
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup
    ]
  | [
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup,
      FilterGroup
    ];
export type Column4 = string;
/**
 * A number below zero takes away.
 */
export type By = string;
/**
 * If the number would become less, nothing changes.
 */
export type NotLessThan1 = string;
export type NotMoreThan1 = string;
export type KeepTheNewNumberIn = string | null;
export type Variable1 = string;
/**
 * A number below zero takes away.
 */
export type By1 = string;
/**
 * If the number would become less, nothing changes.
 */
export type NotLessThan2 = string;
export type NotMoreThan2 = string;
export type KeepTheNewNumberInAsWell = string | null;
/**
 * `varstore` holds the variables; what is written there is kept. `client`, `globals` and `request` can
 * be read, `log(...)` shows a line in the run's steps. `return` gives the result.
 *
 * Sums and dates, in the bot's zone and the person's language: `formatMoney(1990, 'RUB')`,
 * `formatNumber(0.5, 2)`, `round(19.999, 2)`, `formatDate(new Date(), 'd mmmm, hh:mm')`,
 * `parseDate('31.12.2026 18:30')`, `plural(5, 'day', 'days')`.
 *
 * A long text is quicker from pieces: collect them in an array and use `join('')` instead of `+=`.
 */
export type Code = string;
/**
 * What the code gives back with `return`; without a name it is in `result`.
 */
export type KeepTheResultIn = string | null;
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
/**
 * Variables are escaped for their place in the address.
 */
export type Address2 = string;
export type Name3 = string;
export type Value8 = string;
/**
 * Added to the address after `?`; names and values are encoded for you.
 *
 * @maxItems 100
 */
export type QueryParameters = Pair[];
export type Kind = "none" | "bearer" | "basic" | "header" | "query";
export type NameOfTheUser = string;
/**
 * Such as `X-Api-Key`.
 */
export type NameOfTheHeaderOrParameter = string;
/**
 * Choose a secret: `#{env.KEY}`. It is put in when the request leaves and shown nowhere.
 */
export type KeyOrPassword = string;
/**
 * @maxItems 50
 */
export type Headers = Pair[];
export type Kind1 = "none" | "json" | "form" | "multipart" | "text";
/**
 * In JSON, variables are escaped for their place; one outside of quotes keeps its type.
 */
export type Content = string;
/**
 * Such as `application/xml`; plain text without it.
 */
export type TypeOfTheContent = string;
/**
 * @maxItems 100
 */
export type Fields = Pair[];
export type Name4 = string;
export type WhatItIs = "field" | "file" | "text_file";
/**
 * Of a file that the person sent: the variable that holds it, such as `#{client_media}`. An album goes as
 * several files.
 */
export type Value9 = string;
/**
 * Such as `order.csv`. A file that the person sent has its own.
 */
export type NameOfTheFile = string;
/**
 * @maxItems 100
 */
export type FieldsAndFiles = Part[];
export type WaitForSeconds1 = number;
/**
 * When there is no answer, or its status is 429 or from 500 on. The first time after a second, then after twice
 * as long each time, or when the other service says. Each try has the same `Idempotency-Key`, by which a
 * service may know that it has done this already.
 */
export type TryAgainTimes = number;
/**
 * Such as `data.items[0].name`.
 */
export type PathInTheAnswer = string;
export type Variable2 = string;
/**
 * @maxItems 50
 */
export type KeepPartsOfTheAnswer = Saved[];
export type KeepTheWholeAnswerIn = string | null;
export type KeepTheStatusIn = string | null;
/**
 * Their names are in lower case: `#{headers.content-type}`.
 */
export type KeepTheHeadersOfTheAnswerIn = string | null;
/**
 * Where the scenario goes on when the other service answered, but not with success.
 */
export type ARefusalStatus400AndMore = "unless_kept" | "error" | "no_error";
/**
 * HTTP status; 200 is success.
 */
export type Status = number;
/**
 * A single variable or JSON goes out as JSON, everything else as text.
 */
export type Body1 = string;
/**
 * Send it to the other service, in an HTTP request or in a link. Then “Wait for webhook”.
 */
export type KeepTheAddressIn = string;
/**
 * A call that comes later is refused.
 */
export type ValidFor = number;
export type Unit1 = ("seconds" | "minutes" | "hours") | "days";
/**
 * The variable in which “Webhook address” keeps it. A call that came before counts too.
 */
export type Address3 = string;
export type WaitUpTo = number;
export type Unit2 = ("seconds" | "minutes" | "hours") | "days";
/**
 * From the body; what is not there, from the parameters behind `?`.
 *
 * @maxItems 50
 */
export type KeepPartsOfWhatCame = Saved[];
export type KeepTheBodyIn = string | null;
export type KeepTheParametersIn = string | null;
export type KeepTheHeadersIn = string | null;
/**
 * What becomes of the wait when the person starts something else meanwhile.
 */
export type IfThePersonMovesOn = "cancel" | "go_on";
export type HowLong = number;
export type Unit3 = ("seconds" | "minutes" | "hours") | "days";
/**
 * What becomes of the pause when the person starts something else meanwhile.
 */
export type IfThePersonMovesOn1 = "cancel" | "go_on";
/**
 * A name, such as `booking-#{id}`, by which “Cancel pauses” ends this pause from elsewhere.
 */
export type Key = string;
export type Until = "time" | "moment";
/**
 * Such as `10:00`: today, or tomorrow when it has gone by.
 */
export type TimeOfDay2 = string;
/**
 * 1 is tomorrow at that time, 7 in a week.
 */
export type DaysFromNow = number;
/**
 * Such as `31.12.2026 18:00`. A moment that has gone by is not waited for.
 */
export type DateAndTime = string;
/**
 * The subscriber's is his field `timezone`; without it, the bot's is taken.
 */
export type TimeZone = ("bot" | "named") | "person";
/**
 * `Europe/Moscow`, or the distance from Greenwich: `+3`.
 */
export type NameOfTheTimeZone = string;
/**
 * What becomes of the wait when the person starts something else meanwhile.
 */
export type IfThePersonMovesOn2 = "cancel" | "go_on";
export type WhatToDo = "branch" | "wait";
export type Monday = string;
export type Tuesday = string;
export type Wednesday = string;
export type Thursday = string;
export type Friday = string;
export type Saturday = string;
export type Sunday = string;
/**
 * Dates such as `31.12.2026`, or `01.01` for every year.
 *
 * @maxItems 200
 */
export type DaysOff = string[];
/**
 * The subscriber's is his field `timezone`; without it, the bot's is taken.
 */
export type TimeZone1 = ("bot" | "named") | "person";
/**
 * `Europe/Moscow`, or the distance from Greenwich: `+3`.
 */
export type NameOfTheTimeZone1 = string;
/**
 * What becomes of the wait when the person starts something else meanwhile.
 */
export type IfThePersonMovesOn3 = "cancel" | "go_on";
/**
 * The key of the pauses to end, as it was given to them.
 */
export type Key1 = string;
/**
 * Up to 64 characters each; a variable may hold several.
 *
 * @maxItems 50
 */
export type Tags = string[];
export type ForAnotherSubscriber = Whom | null;
/**
 * Their number in the messenger, as `[ClientID]` gives it. An array means several, up to 100,000; more
 * than 100 are gone through in the background.
 */
export type SubscriberSClientID = string;
/**
 * Another bot of this project; empty: this bot.
 */
export type BotID = string;
/**
 * Up to 64 characters each; a variable may hold several.
 *
 * @maxItems 50
 */
export type Tags1 = string[];
export type FromAnotherSubscriber = Whom | null;
export type Field = string;
export type Value10 = string;
/**
 * @maxItems 50
 */
export type Fields1 = FieldValue[];
export type Text1 = string;
export type Files2 = Attachment[];
/**
 * Whoever gets the message presses them: what stands behind them is about that person.
 */
export type Buttons3 = Button[][];
/**
 * After a press of a button: the ClientID of the person whose scenario sent the message.
 */
export type KeepWhoItCameFromIn = string | null;
/**
 * Of more than 100: how many it goes out to in the background.
 */
export type KeepHowManyGotItIn = string | null;
/**
 * For answers to what they asked themselves.
 */
export type AlsoToThoseWhoUnsubscribed = boolean;
export type WithoutASound1 = boolean;
export type Text2 = string;
export type Files3 = Attachment[];
/**
 * Whoever gets the message presses them: what stands behind them is about that person.
 */
export type Buttons4 = Button[][];
/**
 * After a press of a button: the ClientID of the person whose scenario sent the message.
 */
export type KeepWhoItCameFromIn1 = string | null;
/**
 * Of more than 100: how many it goes out to in the background.
 */
export type KeepHowManyGotItIn1 = string | null;
export type WithoutASound2 = boolean;
/**
 * It begins at its trigger “When called”, else at the command `start`. It has to be published.
 */
export type Scenario2 = string;
/**
 * @maxItems 50
 */
export type WhatItIsGiven2 = Given[];
export type ForAnotherSubscriber1 = Whom | null;
/**
 * An array, such as rows that were found: the scenario begins once for each element, in the background. In what it
 * is given and in the ClientID the element is `#{item}`, its column `#{item.name}`. Without another subscriber it
 * begins for nobody, as after a webhook. Where a person has several elements, choose “Queue”.
 */
export type OnceForEachElementOf = string;
/**
 * What happens when the scenario is at work for this person already.
 */
export type IfItIsRunningAlready = "start_over" | "queue" | "ignore";
/**
 * Otherwise its questions wait until the person has answered.
 */
export type BreakIntoAnOpenQuestion = boolean;
export type Scenario3 = string;
export type ForAnotherSubscriber2 = Whom | null;
/**
 * For example the date of the policy: `01.03.2026`.
 */
export type VersionOfTheText = string;
/**
 * What the person agreed to, or its address; kept word for word.
 */
export type Text3 = string;
/**
 * Its parts `version`, `at` and `text` can be read: `client.consent.version`.
 */
export type KeepInTheField = string;
/**
 * Off: no mailings and no messages from other people's scenarios until the person subscribes again.
 */
export type Subscribe = boolean;
/**
 * The fields whose names begin with `person.`.
 */
export type AlsoWhatOtherBotsOfTheProjectShare = boolean;
/**
 * Its @name or number. The bot must be an administrator there.
 */
export type ChannelOrGroup1 = string;
/**
 * The person's number (ClientID); empty means this subscriber.
 */
export type WhomToCheck = string;
/**
 * As the messenger says it: member, administrator, left, kicked ...
 */
export type KeepTheStatusIn1 = string | null;
/**
 * Its @name or number. The bot must be an administrator there.
 */
export type ChannelOrGroup2 = string;
/**
 * The ways in.
 */
export type How1 = "link" | "approve";
export type KeepTheLinkIn = string | null;
/**
 * Empty means one.
 */
export type HowManyMayComeByTheLink = number | null;
/**
 * Empty means without an end.
 */
export type TheLinkWorksForSeconds = number | null;
/**
 * The person's number (ClientID); empty means this subscriber.
 */
export type Whom1 = string;
/**
 * Its @name or number. The bot must be an administrator there.
 */
export type ChannelOrGroup3 = string;
/**
 * How far the person goes.
 */
export type How2 = "remove" | "ban" | "decline";
/**
 * The person's number (ClientID); empty means this subscriber.
 */
export type Whom2 = string;
/**
 * The @name or number of a chat, or the number of a person.
 */
export type WhereTo = string;
/**
 * The number of a topic of a forum; empty means none.
 */
export type Topic = string;
/**
 * Whether the new message says who wrote it.
 */
export type How3 = "copy" | "forward";
/**
 * Its number in the messenger, or an array of them; empty means what the person sent last.
 */
export type Message = string;
/**
 * Where the message stands; empty means this chat.
 */
export type FromTheChat = string;
export type WithoutASound3 = boolean;
export type KeepTheNewMessageSNumberIn = string | null;
export type WhereItLeads = string;
/**
 * By it the trigger “Link visited” knows which link it was.
 */
export type Name5 = string;
/**
 * His visit starts the trigger “Link visited”. Otherwise one link counts everybody.
 */
export type ALinkOfThisPersonSOwn = boolean;
export type KeepTheLinkIn1 = string | null;
export type WhatIsSold = string;
export type Description = string;
/**
 * `XTR` means Telegram Stars; else three letters, such as `RUB`.
 */
export type Currency = string;
/**
 * In the currency itself: 99.90.
 */
export type Amount = string;
/**
 * By it the trigger “Payment” knows what was paid for; the person does not see it.
 */
export type MarkOfThePayment2 = string;
/**
 * From @BotFather; Stars need none.
 */
export type KeyOfThePaymentService = string;
export type Picture = string;
/**
 * Then nothing is sent: the link is for a button or a mini app.
 */
export type KeepALinkToTheInvoiceIn = string | null;
export type Answer = "accept" | "refuse";
/**
 * The person reads it in place of the payment.
 */
export type WhyNot = string;
/**
 * A variable with rows of a list or other elements; each becomes a result, 50 at most.
 */
export type Array1 = string;
/**
 * The element is `#{item}`, its column `#{item.name}`.
 */
export type Title = string;
export type Description1 = string;
/**
 * The message that appears when the person picks the result.
 */
export type WhatIsSent1 = string;
export type Picture1 = string;
/**
 * So long the messenger answers the same query by itself.
 */
export type RememberForSeconds = number;
export type ForEverybodyTheSame = boolean;
/**
 * Its name in the messenger's API, such as `pinChatMessage`.
 */
export type Method1 = string;
/**
 * A JSON object. Variables are escaped for their place; one outside of quotes keeps its type.
 */
export type Parameters = string;
export type KeepTheAnswerIn1 = string | null;

/**
 * A graph of blocks with triggers.
 */
export interface Scenario {
  /**
   * Always `scenaria/1`.
   */
  format: string;
  name: string;
  triggers?: Trigger[];
  blocks?: Block[];
  sections?: Section[];
  notes?: Note[];
  /**
   * Where errors go that no action's own error exit catches.
   */
  on_error?: Transition | null;
}
/**
 * Place of a card on the canvas, in its own pixels.
 */
export interface Position {
  x: number;
  y: number;
}
/**
 * Where it goes on.
 *
 * This interface was referenced by `undefined`'s JSON-Schema definition
 * via the `patternProperty` "^[A-Za-z0-9_-]+$".
 */
export interface Transition {
  block: BlockId;
  view?: View;
}
/**
 * The person sends a command such as `/menu`.
 */
export interface CommandTrigger {
  command?: Command;
}
/**
 * The person writes a text.
 */
export interface TextTrigger {
  matching?: Comparison;
  texts?: Texts;
}
/**
 * The person comes by a link `t.me/bot?start=CODE`.
 */
export interface StartLinkTrigger {
  code?: CodeOfTheLink;
}
/**
 * A button that no action of ours made is pressed.
 */
export interface ButtonTrigger {
  data?: DataOfTheButton;
}
/**
 * A mini app sends data to the bot.
 */
export interface MiniAppTrigger {
  app?: MiniApp;
}
/**
 * Somebody calls the trigger's own address; its URL is shown in the editor.
 */
export interface WebhookTrigger {}
/**
 * The person sends a file.
 */
export interface MediaTrigger {
  media?: WhatIsSent;
}
/**
 * The person sends a place.
 */
export interface LocationTrigger {}
/**
 * The person sends a contact card.
 */
export interface ContactTrigger {
  own?: OnlyThePersonSOwnNumber;
}
/**
 * The person picks something by a button of a message.
 */
export interface PickedTrigger {
  what?: WhatIsPicked;
}
/**
 * Somebody wants to join a channel or a group whose administrator the bot is.
 */
export interface JoinRequestTrigger {
  chat?: ChannelOrGroup;
}
/**
 * The person types the bot's name and a query in any chat.
 */
export interface InlineQueryTrigger {
  starts?: TheQueryBeginsWith;
}
/**
 * The person followed a link of his own.
 */
export interface LinkVisitedTrigger {
  name?: NameOfTheLink;
  every?: AtEveryVisit;
}
/**
 * A payment is about to be made.
 */
export interface CheckoutTrigger {
  payload?: MarkOfThePayment;
}
/**
 * A payment was made.
 */
export interface PaymentTrigger {
  payload?: MarkOfThePayment1;
}
/**
 * The subscriber gets a tag, or loses it.
 */
export interface TagTrigger {
  tag?: Tag;
}
/**
 * A field of the subscriber gets another value.
 */
export interface FieldTrigger {
  field?: FieldOfTheSubscriber;
}
/**
 * The person's standing with the bot or with a chat changes.
 */
export interface MembershipTrigger {
  first_visit?: ComesForTheFirstTime;
  blocked?: BlocksTheBot;
  unblocked?: UnblocksTheBot;
  joined?: JoinsAGroupOrChannel;
  left?: LeavesAGroupOrChannel;
}
/**
 * A scenario of the bot failed: `_error` says what, `_error_scenario`, `_error_block` and `_error_action` where.
 */
export interface ScenarioErrorTrigger {}
/**
 * Again and again, at times of the clock.
 */
export interface ScheduleTrigger {
  every?: HowOften;
  amount?: OnceInHowMany;
  on?: On;
  day?: DayOfTheMonth;
  at?: TimeOfDay;
  cron?: CronExpression;
  runs?: ForWhom;
}
/**
 * Some time before or after the date in a column of a list.
 */
export interface ListDateTrigger {
  list?: List;
  column?: ColumnWithTheDate;
  shift?: When;
  amount?: HowMuch;
  unit?: Unit;
  at?: TimeOfDay1;
  subscriber?: ColumnWithTheSubscriber;
  late?: IfTheMomentHasGoneBy;
}
/**
 * A row of a list was added, changed or deleted.
 */
export interface ListRowTrigger {
  list?: List1;
  on?: WhenARowIs;
  column?: OnlyIfThisColumnChanged;
  subscriber?: ColumnWithTheSubscriber1;
}
/**
 * Another scenario runs this one; without this trigger, a call begins at the command `start`.
 */
export interface CalledTrigger {
  inputs?: WhatItIsGiven;
}
/**
 * Nothing else took the message.
 */
export interface FallbackTrigger {}
/**
 * A card: an ordered list of actions, then a transition.
 */
export interface Block {
  id: BlockId;
  name?: string;
  /**
   * The section it belongs to.
   */
  section?: SectionId | null;
  position?: Position1;
  actions?: Action[];
  next?: Transition | null;
}
/**
 * Place of a card on the canvas, in its own pixels.
 */
export interface Position1 {
  x: number;
  y: number;
}
export interface SendMessage {
  text?: Text;
  media?: Files;
  text_above?: TextAboveTheFiles;
  buttons?: Buttons;
  placement?: PlaceOfTheButtons;
  one_time?: HideTheKeyboardAfterAPress;
  placeholder?: HintInTheInputField;
  options_from?: ButtonsFromData;
  picked_to?: KeepThePressedButtonSValueIn;
  place?: PlaceOnTheMap;
  contact?: ContactCard;
  replace?: IfThisWasSentBefore;
  message_to?: KeepTheMessageSNumberIn;
  messenger_id_to?: KeepTheMessengerSOwnNumberIn;
  remove_keyboard?: RemoveTheKeyboard;
  silent?: WithoutASound;
  protect?: NoForwardingOrSaving;
  no_preview?: NoPreviewOfLinks;
}
/**
 * A file of a message.
 */
export interface Attachment {
  file?: File;
  show_as?: ShowAs;
}
/**
 * What a button says and does.
 */
export interface Button {
  id: Id;
  text?: Caption;
  action?: WhenPressed;
  url?: Address;
  app?: MiniApp1;
  copy?: TextToCopy;
  query?: TextOfTheQuery;
  here?: InThisChat;
  people?: WhomToPick;
  chat?: WhichChatToPick;
  poll?: WhichPoll;
  value?: Value;
  lives?: Works;
  after_press?: AfterAPress;
}
/**
 * Whom a button lets pick.
 */
export interface WhomToPick {
  most?: AtMost;
  who?: Who;
  names?: TellTheNames;
  usernames?: TellTheUsernames;
  photos?: TellThePictures;
}
/**
 * Which chat a button lets pick.
 */
export interface WhichChatToPick {
  what?: WhichOne;
  access?: PublicOrPrivate;
  created?: OnlyWhatThePersonCreated;
  bot_is_member?: OnlyWhereTheBotIsAlready;
  bot_becomes_admin?: TheBotBecomesAnAdministratorThere;
  titles?: TellTheTitle;
  usernames?: TellThePublicName;
  photos?: TellThePicture;
}
/**
 * Buttons made from the elements of an array.
 */
export interface OptionsFrom {
  items: Array;
  label: Caption1;
  value?: Value1;
  per_row?: ButtonsInARow;
}
/**
 * A point on the map.
 */
export interface PlacePart {
  latitude?: Latitude;
  longitude?: Longitude;
  title?: NameOfThePlace;
  address?: Address1;
}
/**
 * A contact card.
 */
export interface ContactPart {
  phone?: PhoneNumber;
  first_name?: FirstName;
  last_name?: LastName;
}
export interface Ask {
  text?: Question;
  media?: Files1;
  kind?: WhatAnswerIsExpected;
  pattern?: Pattern;
  min?: NotLessThan;
  max?: NotMoreThan;
  save_to?: KeepTheAnswerIn;
  buttons?: Buttons1;
  placement?: PlaceOfTheButtons1;
  one_time?: HideTheKeyboardAfterAPress1;
  placeholder?: HintInTheInputField1;
  done?: CaptionOfDone;
  options_from?: ButtonsFromData1;
  other_answers?: TakeOtherAnswersToo;
  error_text?: WhenTheAnswerIsWrong;
  skip_word?: WordToSkip;
  attempts?: Attempts;
  timeout_s?: WaitForSeconds;
  collect_s?: CollectSeveralMessagesSeconds;
  replace?: IfItWasAskedBefore;
}
export interface EditMessage {
  message?: NumberOfTheMessage;
  text?: NewText;
  media?: NewFile;
  buttons_become?: Buttons2;
  buttons?: NewButtons;
}
export interface DeleteMessage {
  message?: NumberOfTheMessage1;
}
export interface Typing {
  action?: WhatTheChatShows;
  seconds?: ForSeconds;
}
export interface SetVariables {
  assignments?: WhatToSet;
}
export interface Assignment {
  target: Variable;
  value?: Value2;
}
export interface Branch {
  branches?: Branches;
}
export interface Case {
  id: Id1;
  name?: Name;
  condition?: Condition;
}
export interface Switch {
  value?: Value3;
  cases?: Cases;
}
export interface Case2 {
  id: Id2;
  value?: IsEqualTo;
  name?: Name1;
}
export interface RandomSplit {
  branches?: Branches1;
  sticky?: TheSameBranchEveryTime;
  save_to?: KeepTheBranchSNameIn;
}
export interface Share {
  id: Id3;
  name?: Name2;
  share?: Share1;
}
export interface ForEach {
  items?: OverWhat;
  item?: Element;
  index?: Number;
}
/**
 * Where it goes is its line, so that moving, copying and deleting blocks keeps it right.
 */
export interface GoTo {}
export interface CallScenario {
  scenario?: Scenario1;
  inputs?: WhatItIsGiven1;
  results?: WhatToTakeOver;
}
/**
 * A variable of the sub-scenario and what it begins as.
 */
export interface Given {
  name: ItsVariable;
  value?: Value4;
}
/**
 * A variable of the sub-scenario and where its value goes.
 */
export interface Taken {
  name: ItsVariable1;
  target: KeepIn;
}
export interface StepBack {
  to?: ToWhichQuestion;
}
export interface Restart {
  keep_variables?: KeepTheTemporaryVariables;
}
export interface End {
  what?: WhatEnds;
}
export interface RaiseError {
  text?: WhatIsWrong;
}
export interface ListFind {
  list?: List2;
  filters?: Conditions;
  any?: OneConditionIsEnough;
  groups?: GroupsOfConditions;
  sort?: SortBy;
  descending?: FromLargestToSmallest;
  then?: ThenBy;
  random?: InRandomOrder;
  unique?: NoRepeatsIn;
  limit?: AtMostRows;
  page?: Page;
  offset?: SkipRows;
  save_to?: KeepTheRowsIn;
  first_to?: KeepTheFirstRowIn;
  count_to?: KeepHowManyWereTakenIn;
  totals?: NumbersOverAllThatMatch;
}
/**
 * A condition on one column.
 */
export interface RowFilter {
  column: Column;
  comparison?: Comparison1;
  value?: Value5;
  upper?: And;
  with_column?: InsteadOfTheValueAnotherColumn;
}
/**
 * Conditions that are joined the other way round than those around them.
 */
export interface FilterGroup {
  filters: Conditions1;
}
/**
 * A further column to sort by.
 */
export interface SortColumn {
  column: Column1;
  descending?: FromLargestToSmallest1;
}
/**
 * A number over all rows that match.
 */
export interface TotalOf {
  function?: What;
  column?: OfTheColumn;
  target: KeepItIn;
}
export interface ListAdd {
  list?: List3;
  values?: Values;
  id_to?: KeepTheNewRowSIdIn;
}
/**
 * A column and what to write into it.
 */
export interface Cell {
  column: Column2;
  value?: Value6;
}
export interface ListEdit {
  list?: List4;
  which?: WhichRows;
  row?: TheRowSNumber;
  filters?: Conditions2;
  any?: OneConditionIsEnough1;
  groups?: GroupsOfConditions1;
  values?: WhatToChange;
  count_to?: KeepHowManyRowsChangedIn;
}
/**
 * A column and what happens to it.
 */
export interface CellEdit {
  column: Column3;
  how?: How;
  value?: Value7;
}
export interface ListUpsert {
  list?: List5;
  key?: ToldApartBy;
  values?: Values1;
  id_to?: KeepTheRowSNumberIn;
}
export interface ListDelete {
  list?: List6;
  which?: WhichRows1;
  row?: TheRowSNumber1;
  filters?: Conditions3;
  any?: OneConditionIsEnough2;
  groups?: GroupsOfConditions2;
  count_to?: KeepHowManyRowsWereDeletedIn;
}
export interface ListReserve {
  list?: List7;
  column?: ColumnThatSaysWhoHasTakenTheRow;
  holder?: ForWhom1;
  filters?: Conditions4;
  any?: OneConditionIsEnough3;
  groups?: GroupsOfConditions3;
  sort?: TakeFirstBy;
  descending?: FromLargestToSmallest2;
  random?: AnyFreeRowAtRandom;
  again?: AnotherOneEachTime;
  values?: WriteIntoTheRowAsWell;
  row_to?: KeepTheRowIn;
}
export interface ListIncrement {
  list?: List8;
  which?: WhichRows2;
  row?: TheRowSNumber2;
  filters?: Conditions5;
  any?: OneConditionIsEnough4;
  groups?: GroupsOfConditions4;
  column?: Column4;
  by?: By;
  least?: NotLessThan1;
  most?: NotMoreThan1;
  value_to?: KeepTheNewNumberIn;
}
export interface Increment {
  target?: Variable1;
  by?: By1;
  least?: NotLessThan2;
  most?: NotMoreThan2;
  value_to?: KeepTheNewNumberInAsWell;
}
export interface Javascript {
  code?: Code;
  result_to?: KeepTheResultIn;
}
export interface HttpRequest {
  method?: Method;
  url?: Address2;
  query?: QueryParameters;
  auth?: Access;
  headers?: Headers;
  body?: Body;
  timeout_s?: WaitForSeconds1;
  retries?: TryAgainTimes;
  save?: KeepPartsOfTheAnswer;
  save_to?: KeepTheWholeAnswerIn;
  status_to?: KeepTheStatusIn;
  headers_to?: KeepTheHeadersOfTheAnswerIn;
  refusal?: ARefusalStatus400AndMore;
}
/**
 * A name with a value.
 */
export interface Pair {
  name: Name3;
  value?: Value8;
}
export interface Access {
  kind?: Kind;
  user?: NameOfTheUser;
  name?: NameOfTheHeaderOrParameter;
  secret?: KeyOrPassword;
}
export interface Body {
  kind?: Kind1;
  content?: Content;
  content_type?: TypeOfTheContent;
  fields?: Fields;
  parts?: FieldsAndFiles;
}
/**
 * A field or a file of a form.
 */
export interface Part {
  name?: Name4;
  kind?: WhatItIs;
  value?: Value9;
  file_name?: NameOfTheFile;
}
/**
 * A part of the answer and where it goes.
 */
export interface Saved {
  path: PathInTheAnswer;
  target: Variable2;
}
export interface Respond {
  status?: Status;
  body?: Body1;
}
export interface WebhookAddress {
  save_to?: KeepTheAddressIn;
  amount?: ValidFor;
  unit?: Unit1;
}
export interface WaitWebhook {
  address?: Address3;
  amount?: WaitUpTo;
  unit?: Unit2;
  save?: KeepPartsOfWhatCame;
  save_to?: KeepTheBodyIn;
  query_to?: KeepTheParametersIn;
  headers_to?: KeepTheHeadersIn;
  when_moved_on?: IfThePersonMovesOn;
}
export interface Delay {
  amount?: HowLong;
  unit?: Unit3;
  when_moved_on?: IfThePersonMovesOn1;
  key?: Key;
}
export interface WaitUntil {
  until?: Until;
  time?: TimeOfDay2;
  days?: DaysFromNow;
  moment?: DateAndTime;
  zone?: TimeZone;
  zone_name?: NameOfTheTimeZone;
  when_moved_on?: IfThePersonMovesOn2;
}
export interface WorkingHours {
  mode?: WhatToDo;
  hours?: Hours;
  days_off?: DaysOff;
  zone?: TimeZone1;
  zone_name?: NameOfTheTimeZone1;
  when_moved_on?: IfThePersonMovesOn3;
}
/**
 * Such as `09:00-18:00`, with a break `09:00-13:00, 14:00-18:00`, over midnight `20:00-04:00`; an empty day
 * is a day off.
 */
export interface Hours {
  mon?: Monday;
  tue?: Tuesday;
  wed?: Wednesday;
  thu?: Thursday;
  fri?: Friday;
  sat?: Saturday;
  sun?: Sunday;
}
export interface CancelWaits {
  key?: Key1;
}
export interface TagAdd {
  tags?: Tags;
  to?: ForAnotherSubscriber;
}
/**
 * Other subscribers, by their number in the messenger.
 */
export interface Whom {
  client?: SubscriberSClientID;
  bot?: BotID;
}
export interface TagRemove {
  tags?: Tags1;
  to?: FromAnotherSubscriber;
}
export interface SetFields {
  to?: ForWhom2;
  fields?: Fields1;
}
/**
 * Other subscribers, by their number in the messenger.
 */
export interface ForWhom2 {
  client?: SubscriberSClientID;
  bot?: BotID;
}
/**
 * A field of the other subscriber and its new value.
 */
export interface FieldValue {
  field?: Field;
  value?: Value10;
}
export interface SendTo {
  to?: ToWhom;
  text?: Text1;
  media?: Files2;
  buttons?: Buttons3;
  from_to?: KeepWhoItCameFromIn;
  count_to?: KeepHowManyGotItIn;
  even_unsubscribed?: AlsoToThoseWhoUnsubscribed;
  silent?: WithoutASound1;
}
/**
 * Other subscribers, by their number in the messenger.
 */
export interface ToWhom {
  client?: SubscriberSClientID;
  bot?: BotID;
}
export interface NotifyStaff {
  text?: Text2;
  media?: Files3;
  buttons?: Buttons4;
  from_to?: KeepWhoItCameFromIn1;
  count_to?: KeepHowManyGotItIn1;
  silent?: WithoutASound2;
}
export interface StartScenario {
  scenario?: Scenario2;
  inputs?: WhatItIsGiven2;
  to?: ForAnotherSubscriber1;
  each?: OnceForEachElementOf;
  overlap?: IfItIsRunningAlready;
  interrupts?: BreakIntoAnOpenQuestion;
}
export interface StopScenario {
  scenario?: Scenario3;
  to?: ForAnotherSubscriber2;
}
export interface Consent {
  version?: VersionOfTheText;
  text?: Text3;
  field?: KeepInTheField;
}
export interface Subscription {
  subscribed?: Subscribe;
}
export interface ForgetMe {
  person?: AlsoWhatOtherBotsOfTheProjectShare;
}
export interface CheckSubscription {
  chat?: ChannelOrGroup1;
  user?: WhomToCheck;
  status_to?: KeepTheStatusIn1;
}
export interface GiveAccess {
  chat?: ChannelOrGroup2;
  by?: How1;
  link_to?: KeepTheLinkIn;
  member_limit?: HowManyMayComeByTheLink;
  expires_s?: TheLinkWorksForSeconds;
  user?: Whom1;
}
export interface TakeAccess {
  chat?: ChannelOrGroup3;
  how?: How2;
  user?: Whom2;
}
export interface CopyMessage {
  chat?: WhereTo;
  topic?: Topic;
  how?: How3;
  message?: Message;
  from?: FromTheChat;
  silent?: WithoutASound3;
  save_to?: KeepTheNewMessageSNumberIn;
}
export interface MakeLink {
  url?: WhereItLeads;
  name?: Name5;
  personal?: ALinkOfThisPersonSOwn;
  save_to?: KeepTheLinkIn1;
}
export interface SendInvoice {
  title?: WhatIsSold;
  description?: Description;
  currency?: Currency;
  amount?: Amount;
  payload?: MarkOfThePayment2;
  provider_token?: KeyOfThePaymentService;
  photo?: Picture;
  link_to?: KeepALinkToTheInvoiceIn;
}
export interface AnswerPayment {
  answer?: Answer;
  reason?: WhyNot;
}
export interface AnswerInline {
  items?: Array1;
  title?: Title;
  description?: Description1;
  text?: WhatIsSent1;
  picture?: Picture1;
  cache_s?: RememberForSeconds;
  shared?: ForEverybodyTheSame;
}
export interface CallChannel {
  method?: Method1;
  params?: Parameters;
  save_to?: KeepTheAnswerIn1;
}
/**
 * Blocks that belong together: one field on the canvas, one rule for all ways in.
 */
export interface Section {
  id: SectionId;
  name?: string;
  /**
   * Who may come in, by whatever way; an empty one lets everybody in.
   */
  condition?: string;
  /**
   * Where everybody else goes; without it, to “Not understood”.
   */
  otherwise?: Transition | null;
  position?: Position2;
}
/**
 * Place of a card on the canvas, in its own pixels.
 */
export interface Position2 {
  x: number;
  y: number;
}
/**
 * A remark on the canvas.
 */
export interface Note {
  id: BlockId;
  text: string;
  position?: Position3;
}
/**
 * Place of a card on the canvas, in its own pixels.
 */
export interface Position3 {
  x: number;
  y: number;
}
