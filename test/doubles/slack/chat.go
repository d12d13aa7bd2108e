package slack

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/followup-dev/followup-operator/internal/blockkit"
)

// postArguments are those of https://docs.slack.dev/reference/methods/chat.postMessage that the double knows.
var postArguments = []string{"channel", "text", "blocks", "mrkdwn", "unfurl_links", "unfurl_media"}

// chatPostMessage posts to the channel, or to a person, by the ID of the user (which opens the direct message) or of the
// direct message.
func (s *Server) chatPostMessage(caller installation, args arguments) (result, *apiError) {
	scopes := caller[0].scopes()
	if !slices.Contains(scopes, "chat:write") {
		return nil, &apiError{Code: "missing_scope", Needed: "chat:write", Provided: strings.Join(scopes, ",")}
	}
	channel, failure := args.text("channel")
	if failure != nil {
		return nil, failure
	}
	m, failure := postedMessage(args)
	if failure != nil {
		return nil, failure
	}
	reader, at, failure := s.recipient(caller, channel)
	if failure != nil {
		return nil, failure
	}
	p := s.newPost(reader, at, m)
	p.unprompted = true
	return result{"channel": at, "ts": p.message.TS, "message": s.describePost(p)}, nil
}

// postedMessage puts the arguments together as a message posted to a response_url has them.
func postedMessage(args arguments) (Message, *apiError) {
	body := map[string]json.RawMessage{}
	for name, raw := range args.values {
		switch name {
		case "channel":
		case "text":
			body[name] = raw
		default: // lists and booleans, which a form holds as text
			body[name] = unwrapped(raw)
		}
	}
	for name, raw := range body {
		if !json.Valid(raw) {
			return Message{}, invalidArguments("[ERROR] must be JSON [json-pointer:/" + name + "]")
		}
	}
	message := encoded(body)
	if problems := blockkit.CheckMessage(message); problems != nil {
		return Message{}, &apiError{Code: "invalid_blocks", Messages: messagesOf(problems)}
	}
	if _, code := parseMessage(message); code != "" {
		return Message{}, &apiError{Code: code}
	}
	return Message{Body: message}, nil
}

// recipient finds who reads a channel of the caller's workspaces, and the channel's own ID.
func (s *Server) recipient(caller installation, channel string) (actor, string, *apiError) {
	if channel == "" {
		return actor{}, "", invalidArguments("[ERROR] missing required field: channel")
	}
	if channel == channelID {
		return actor{home: caller[0], installed: caller[0]}, channelID, nil
	}
	for _, w := range s.workspaces {
		for _, u := range w.Users {
			if channel != u.ID && channel != directID(u.ID) {
				continue
			}
			if !caller.covers(w.TeamID) {
				return actor{}, "", wrongTeam("channel_not_found")
			}
			return actor{home: w, user: u, installed: w}, directID(u.ID), nil
		}
	}
	return actor{}, "", &apiError{Code: "channel_not_found"}
}

// directID is the direct message between the app and a person.
func directID(userID string) string { return "D" + userID[1:] }
