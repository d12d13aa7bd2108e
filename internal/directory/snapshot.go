package directory

import (
	"maps"
	"slices"
	"sync"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// snapshot holds tenants under the keys that Slack and jobs name them by. It starts with a replace.
type snapshot struct {
	mu  sync.RWMutex
	ids map[tenancy.ID]tenancy.Tenant
	// A workspace has a team's ID or an enterprise's, never both; the two share no prefix, but two maps ask for no trust.
	teams       map[string]tenancy.ID
	enterprises map[string]tenancy.ID
}

// find returns the tenant of an organisation for its org-wide installation, else that of the team; a team without a
// tenant belongs to its organisation's.
//
// Source: https://docs.slack.dev/enterprise/developing-for-enterprise-orgs
func (s *snapshot) find(w Workspace) (tenancy.Tenant, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	id, found := s.teams[w.TeamID]
	if w.OrgInstall || !found {
		id, found = s.enterprises[w.EnterpriseID]
	}
	return s.ids[id], found
}

func (s *snapshot) byID(id tenancy.ID) (tenancy.Tenant, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	tenant, found := s.ids[id]
	return tenant, found
}

func (s *snapshot) all() []tenancy.Tenant {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Collect(maps.Values(s.ids))
}

func (s *snapshot) len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.ids)
}

func (s *snapshot) replace(tenants []tenancy.Tenant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = make(map[tenancy.ID]tenancy.Tenant, len(tenants))
	s.teams, s.enterprises = map[string]tenancy.ID{}, map[string]tenancy.ID{}
	for _, tenant := range tenants {
		s.add(tenant)
	}
}

func (s *snapshot) put(tenant tenancy.Tenant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(tenant.ID)
	s.add(tenant)
}

func (s *snapshot) drop(id tenancy.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(id)
}

func (s *snapshot) add(tenant tenancy.Tenant) {
	s.ids[tenant.ID] = tenant
	if tenant.Workspace.TeamID != "" {
		s.teams[tenant.Workspace.TeamID] = tenant.ID
		return
	}
	s.enterprises[tenant.Workspace.EnterpriseID] = tenant.ID
}

// remove leaves a key alone that another tenant has taken over since.
func (s *snapshot) remove(id tenancy.ID) {
	old, found := s.ids[id]
	if !found {
		return
	}
	delete(s.ids, id)
	if s.teams[old.Workspace.TeamID] == id {
		delete(s.teams, old.Workspace.TeamID)
	}
	if s.enterprises[old.Workspace.EnterpriseID] == id {
		delete(s.enterprises, old.Workspace.EnterpriseID)
	}
}
