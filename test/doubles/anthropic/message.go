package anthropic

import (
	"encoding/json"
	"maps"
)

// message answers a request, and keeps it.
func (s *Server) message(a *account, r *Request) (any, *refusal) {
	s.requests = append(s.requests, *r)
	reply := s.reply(r)
	text, err := reply.text(r)
	if err != nil {
		return nil, &refusal{kind: internal, message: "the double's reply does not fit: " + err.Error()}
	}
	output, stop := reply.Thinking+tokensOf(text), reply.Stop
	if stop == "" {
		stop = EndTurn
	}
	if output > r.MaxTokens {
		output, stop = r.MaxTokens, MaxTokens
	}
	if stop == MaxTokens || stop == ContextWindow {
		text = text[:min(len(text)/2, max(0, 4*(output-reply.Thinking)))]
	}
	content := []any{}
	if reply.Thinking > 0 {
		content = append(content, map[string]any{"type": "thinking", "thinking": "", "signature": "c2lnbmF0dXJl"})
	}
	if text != "" {
		content = append(content, map[string]any{"type": "text", "text": text, "citations": nil})
	}
	return map[string]any{
		"id": newID("msg_"), "type": "message", "role": "assistant", "model": r.Model, "content": content,
		"stop_reason": stop, "stop_sequence": nil, "stop_details": details(stop), "container": nil,
		"usage": s.usage(a, r, output, min(output, reply.Thinking)),
	}, nil
}

func (s *Server) reply(r *Request) Reply {
	for _, reply := range s.replies {
		if r.Contains(reply.When) {
			return reply
		}
	}
	return Reply{}
}

// text is what the model says: without a schema the plain text of what was asked last.
func (reply Reply) text(r *Request) (string, error) {
	if reply.Stop == Refusal {
		return "", nil
	}
	if r.Schema == nil {
		return "You said: " + r.Blocks[len(r.Blocks)-1].Text, nil
	}
	answer := newAuthor(r).value("", r.Schema)
	if reply.Answer != nil {
		var given any
		if err := json.Unmarshal(reply.Answer, &given); err != nil {
			return "", err
		}
		answer = merged(answer, given)
	}
	if err := (checker{root: r.Schema}).fits(r.Schema, answer); err != nil {
		return "", err
	}
	return string(encoded(answer)), nil
}

// merged is made up but for what is given; a list is given as a whole.
func merged(madeUp, given any) any {
	object, isObject := given.(map[string]any)
	whole, wasObject := madeUp.(map[string]any)
	if !isObject || !wasObject {
		return given
	}
	all := maps.Clone(whole)
	for name, value := range object {
		all[name] = merged(whole[name], value)
	}
	return all
}

func details(stop string) any {
	if stop != Refusal {
		return nil
	}
	return map[string]any{"type": "refusal", "category": "general_harms", "explanation": "The model declined to answer."}
}

func (s *Server) usage(a *account, r *Request, output, thinking int) map[string]any {
	read, written := a.cache(r, s.now())
	return map[string]any{
		"input_tokens": r.tokens() - read - written, "output_tokens": output,
		"cache_read_input_tokens": read, "cache_creation_input_tokens": written,
		"cache_creation":        map[string]any{"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
		"output_tokens_details": map[string]any{"thinking_tokens": thinking},
		"server_tool_use":       nil, "service_tier": "standard", "inference_geo": "global", "speed": "standard",
	}
}
