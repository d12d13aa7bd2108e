package slack

import (
	"encoding/json"
	"time"

	"github.com/followup-dev/followup-operator/internal/blockkit"
)

// postArguments are those of https://docs.slack.dev/reference/methods/chat.postMessage that the double knows.
var postArguments = []string{"channel", "text", "blocks", "mrkdwn", "unfurl_links", "unfurl_media"}

// chatPostMessage posts to the channel, or to a person, by the ID of the user (which opens the direct message) or of the
// direct message.
func (s *Server) chatPostMessage(caller installation, args arguments) (result, *apiError) {
	if failure := caller.lacks("chat:write"); failure != nil {
		return nil, failure
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

// updateArguments are those of https://docs.slack.dev/reference/methods/chat.update that the double knows.
var updateArguments = []string{"channel", "ts", "text", "blocks"}

// chatUpdate changes a message of the caller. Without blocks the message keeps those that it has. An ephemeral message is
// not there: Slack does not keep it.
func (s *Server) chatUpdate(caller installation, args arguments) (result, *apiError) {
	if failure := caller.lacks("chat:write"); failure != nil {
		return nil, failure
	}
	given, failure := args.texts("channel", "ts")
	if failure != nil {
		return nil, failure
	}
	p, failure := s.findPost(caller, given[0], given[1])
	if failure != nil {
		return nil, failure
	}
	if _, ok := args.values["blocks"]; !ok && p.surface.content["blocks"] != nil {
		args.values["blocks"] = encoded(p.surface.content["blocks"])
	}
	m, failure := postedMessage(args)
	if failure != nil {
		return nil, failure
	}
	p.replace(m.Body, s.now())
	return result{"channel": given[0], "ts": given[1], "text": text(p.surface.content["text"]), "message": s.describePost(p)}, nil
}

// findPost finds a message of the caller by its channel's own ID, which of a direct message is not the user's, and ts.
func (s *Server) findPost(caller installation, channel, ts string) (*post, *apiError) {
	if channel == "" || ts == "" {
		return nil, invalidArguments("[ERROR] missing required field: channel, ts")
	}
	known := channel == channelID
	for _, p := range s.posts {
		if p.channel != channel {
			continue
		}
		if !caller.covers(p.author.TeamID) && channel != channelID {
			return nil, wrongTeam("channel_not_found")
		}
		known = true
		if p.message.TS == ts && !p.message.Ephemeral && !p.message.Deleted {
			if !caller.covers(p.author.TeamID) {
				return nil, wrongTeam("cant_update_message")
			}
			return p, nil
		}
	}
	if !known {
		return nil, &apiError{Code: "channel_not_found"}
	}
	return nil, &apiError{Code: "message_not_found"}
}

// replace changes a message's content.
func (p *post) replace(body json.RawMessage, at time.Time) {
	p.message.Body, p.message.ReplacedAt = body, at
	p.message.Replaced++
	p.surface.fill(body)
}

// DeleteMessages deletes what the app wrote into its conversation with the user, without a word to the app, and returns
// how many messages that were.
func (s *Server) DeleteMessages(teamID, userID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	deleted := 0
	for _, p := range s.posts {
		if !p.message.Deleted && p.home == teamID && p.reader == userID && p.channel == directID(userID) {
			p.message.Deleted = true
			deleted++
		}
	}
	return deleted
}

// postedMessage puts the arguments together as a message posted to a response_url has them.
func postedMessage(args arguments) (Message, *apiError) {
	body := map[string]json.RawMessage{}
	for name, raw := range args.values {
		switch name {
		case "channel", "ts":
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
