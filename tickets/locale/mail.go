package locale

// mailWords are the words of the mail.
var mailWords = table{}
