package mattermost

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// apiError is an error of the API: the id a program reads, the HTTP status, and
// the arguments of the words a person reads.
type apiError struct {
	id     string
	status int
	args   []any
}

func (e *apiError) Error() string { return e.id }

// message is the error in the language of an Accept-Language header: French when
// it starts with it, else English. An id without words stands for itself.
func (e *apiError) message(acceptLanguage string) string {
	words, known := errorWords[e.id]
	switch {
	case !known:
		return e.id
	case strings.HasPrefix(strings.ToLower(acceptLanguage), "fr"):
		return fmt.Sprintf(words[1], e.args...)
	default:
		return fmt.Sprintf(words[0], e.args...)
	}
}

func badRequest(id string, args ...any) *apiError {
	return &apiError{id: id, status: http.StatusBadRequest, args: args}
}

func notFound(id string) *apiError { return &apiError{id: id, status: http.StatusNotFound} }

func internalError(id string, args ...any) *apiError {
	return &apiError{id: id, status: http.StatusInternalServerError, args: args}
}

func invalidParam(name string) *apiError {
	return badRequest("api.context.invalid_body_param.app_error", name)
}

func forbidden() *apiError {
	return &apiError{id: "api.context.permissions.app_error", status: http.StatusForbidden}
}

func isForbidden(err error) bool {
	var e *apiError
	return errors.As(err, &e) && e.status == http.StatusForbidden
}

// errorWords holds what people read, in English and French. Ids are the real
// server's; those that only programs meet need no words.
var errorWords = map[string][2]string{
	"api.context.404.app_error": {
		"Sorry, we could not find the page.", "Désolé, nous n’avons pas trouvé la page."},
	"api.context.invalid_body_param.app_error": {
		"Invalid or missing %s in request body.", "Paramètre %s invalide ou manquant dans le corps de la requête."},
	"api.context.permissions.app_error": {
		"You do not have the appropriate permissions.", "Vous n’avez pas les permissions appropriées."},
	"api.context.session_expired.app_error": {
		"Invalid or expired session, please login again.", "Session invalide ou expirée, veuillez vous reconnecter."},
	"api.user.login.invalid_credentials_email_username": {
		"Enter a valid email or username and/or password.", "Veuillez saisir une adresse ou un nom d’utilisateur et un mot de passe valides."},
	"api.command.execute_command.failed.app_error": {
		"Command with a trigger of '%s' failed.", "La commande déclenchée par « %s » a échoué."},
	"api.command.execute_command.failed_resp.app_error": {
		"Command with a trigger of '%s' returned response %s.", "La commande déclenchée par « %s » a retourné la réponse %s."},
	"api.command.execute_command.create_post_failed.app_error": {
		"Command '%s' failed to post response. Please contact your System Administrator.", "La commande « %s » n’a pas pu publier sa réponse. Veuillez contacter votre administrateur système."},
	"api.command.execute_command.not_found.app_error": {
		"Command with a trigger of '/%s' not found. To send a message beginning with \"/\" try adding an empty space at the beginning of the message.",
		"La commande « /%s » n’existe pas. Pour envoyer un message qui commence par « / », ajoutez une espace au début."},
	"api.command.execute_command.start.app_error": {
		"No command trigger found.", "Aucune commande trouvée."},
	"api.command.duplicate_trigger.app_error": {
		"This trigger word is already in use. Please choose another word.", "Ce mot déclencheur est déjà utilisé. Veuillez en choisir un autre."},
	"api.post.do_action.action_id.app_error": {
		"Invalid action id.", "Identifiant d’action invalide."},
	"api.post.do_action.action_integration.app_error": {
		"Action integration error.", "L’intégration de l’action a échoué."},
	"api.post.deduplicate_create_post.pending": {
		"Rejected post since another client is making the same request.", "Message refusé : un autre client fait la même requête."},
	"model.post.is_valid.message_length.app_error": {
		"Post Message property is longer than the maximum permitted length.", "Le message dépasse la longueur maximale permise."},
	"api.post.create_post.root_id.app_error": {
		"Invalid RootId parameter.", "Paramètre RootId invalide."},
	"api.post.post_priority.priority_post_only_allowed_for_root_post.request_error": {
		"Only root posts can have a priority.", "Seuls les messages racines peuvent avoir une priorité."},
	"api.post.deduplicate_create_post.failed_to_get": {
		"Failed to fetch original post after deduplicating a client making the same request.", "Impossible de retrouver le message déjà créé par la même requête."},
	"model.post.is_valid.props.app_error": {
		"Invalid props.", "Propriétés invalides."},
	"license_error.feature_unavailable": {
		"Feature unavailable for the current license.", "Fonction non disponible avec la licence actuelle."},
	"api.command.command.not_found.app_error": {
		"Unable to find the command.", "Impossible de trouver la commande."},
	"api.command.command_post.forbidden.app_error": {
		"Specified user is not a member of specified channel.", "L’utilisateur indiqué n’est pas membre du canal indiqué."},
	"app.command_webhook.get.missing": {
		"Unable to get the webhook.", "Impossible de trouver l’adresse de réponse."},
	"app.command_webhook.try_use.invalid": {
		"Invalid webhook.", "Adresse de réponse épuisée."},
	"web.command_webhook.parse.app_error": {
		"Unable to parse incoming data.", "Données reçues illisibles."},
	"interactive_message.decode_trigger_id.missing_data": {
		"Trigger ID missing required data for interactive dialog.", "L’identifiant de déclenchement de la boîte de dialogue est incomplet."},
	"interactive_message.decode_trigger_id.verify_signature_failed": {
		"Signature verification failed of trigger ID for interactive dialog.", "La signature de l’identifiant de déclenchement est fausse."},
	"app.user.missing_account.const": {
		"Unable to find the user.", "Impossible de trouver l’utilisateur."},
	"app.team.get.find.app_error": {
		"Unable to find the existing team.", "Impossible de trouver l’équipe."},
	"app.team.get_member.missing.app_error": {
		"No team member found for that user ID and team ID.", "Cette personne n’est pas membre de cette équipe."},
	"app.channel.get.existing.app_error": {
		"Unable to find the existing channel.", "Impossible de trouver le canal."},
	"app.channel.get_member.missing.app_error": {
		"No channel member found for that user ID and channel ID.", "Cette personne n’est pas membre de ce canal."},
	"app.post.get_edit_history_for_post.app_error": {
		"Unable to get the edit history of the post.", "Impossible d’obtenir l’historique du message."},
	"app.post.get.app_error": {
		"Unable to get the post.", "Impossible d’obtenir le message."},
	"interactive_message.decode_trigger_id.expired": {
		"Trigger ID for interactive dialog is expired. Trigger IDs live for a maximum of %d seconds.", "L’identifiant de déclenchement de la boîte de dialogue a expiré ; il vit %d secondes."},
	"app.submit_interactive_dialog.decode_json_error": {
		"Encountered an error decoding JSON from the dialog's integration.", "La réponse de l’intégration de la boîte de dialogue est illisible."},
	"app.fault": {
		"The server failed, as it was told to.", "Le serveur a échoué, comme demandé."},
}
