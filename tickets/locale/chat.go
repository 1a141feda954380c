package locale

// chatWords are the words of the chat.
var chatWords = table{}
