close = Close
confirm-yes = Yes
confirm-no = Cancel
copied = Copied
copy-failed = The browser did not allow copying
request-failed = It did not work. Please try again.
connection-lost = No connection to the server
