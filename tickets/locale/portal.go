package locale

// portalWords are the words of the portal.
var portalWords = table{}
