close = Close
confirm-yes = Yes
confirm-no = Cancel
copied = Copied
copy-failed = The browser did not allow copying
