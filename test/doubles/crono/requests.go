package crono

import (
	"maps"
	"slices"
	"strings"
)

// What calls may send: https://github.com/crono-one/n8n-nodes-crono-public-api/blob/master/nodes/CronoPublicApi/CronoPublicApi.node.ts
var (
	paging          = []string{"limit", "offset"}
	accountIncludes = []string{"withexternalvaluesnotags", "withtags", "withtasks"}

	accountSearch = search(map[kind]string{
		aText:    "Name Industry Country CurrentSolution Sort",
		aNumber:  "NumberOfEmployeesMin NumberOfEmployeesMax",
		aUser:    "UserId",
		aFlag:    "NoUser HasLinkedin HasWebsite HasPhone HasActivities HasReplies HasActiveTasks HasEmailsOpened HasClickedLinks CleanEmptyName",
		texts:    "Status",
		numbers:  "ExternalPropertyEmptyIds",
		aTime:    "CreatedDateMin CreatedDateMax LastActivityDateMin LastActivityDateMax LastModifiedDateMin LastModifiedDateMax",
		anObject: "ExternalProperties ExternalPropertyNumericFilters Includes Pagination",
	})
	contactSearch = search(map[kind]string{
		aText:   "Name Title Country Industry Location CurrentSolution AccountId Sort",
		aNumber: "NumberOfEmployeesMin NumberOfEmployeesMax",
		aUser:   "UserId",
		aFlag: "NoUser InSequence IsPhoneValid FromContact HasLinkedin HasEmail HasPhone HasMobilePhone HasActivities HasReplies HasEmailsOpened" +
			" HasConnectedCalls HasClickedLinks HasActiveTasks OptedOut",
		texts:   "ObjectIds ActualStatus AccountStatus VerificationStatuses",
		numbers: "ExternalPropertyEmptyIds AccountExternalPropertyEmptyIds",
		aTime:   "CreatedDateMin CreatedDateMax LastActivityDateMin LastActivityDateMax LastModifiedDateMin LastModifiedDateMax",
		anObject: "ExternalProperties ExternalPropertyNumericFilters AccountExternalProperties AccountExternalPropertyNumericFilters" +
			" Includes Pagination",
	})
	dealSearch = search(map[kind]string{
		aText:    "Name AccountId Stage Pipeline Sort",
		aNumber:  "AmountMin AmountMax Year",
		aUser:    "UserId",
		aFlag:    "IsWon IsClosed Active",
		texts:    "ObjectIds",
		aTime:    "CreatedDateMin CreatedDateMax LastModifiedDateMin LastModifiedDateMax CloseDateMin CloseDateMax",
		anObject: "ExternalProperties Includes Pagination",
	})
	noteSearch = search(map[kind]string{
		aText:    "DescriptionContains AccountId OpportunityId",
		aUser:    "UserId",
		aFlag:    "Active",
		texts:    "ObjectIds",
		aTime:    "CreatedDateMin CreatedDateMax LastModifiedDateMin LastModifiedDateMax",
		anObject: "Includes Pagination",
	})
	taskSearch = search(map[kind]string{ // whose paging is not in an object
		aText:    "ProspectId OpportunityId AccountId Subtype SortBy",
		aNumber:  "Limit Offset ProspectListId LeadListId AccountListId StrategyId",
		aType:    "Type",
		aFlag:    "Completed Automatic HasAutomationError HasOpportunity FromSequence FromCrm",
		texts:    "Types",
		aTime:    "Date Since To",
		anObject: "AccountExternalProperties ProspectExternalProperties LeadExternalProperties",
	})
	dealUpdate = write("opportunityid accountid", map[kind]string{
		aText:    "OpportunityId AccountId Name Stage Description",
		aNumber:  "Amount",
		aUser:    "UserId",
		aFlag:    "IsClosed IsWon",
		aTime:    "CloseDate",
		anObject: "ExternalValues",
	})
	noteCreate = write("description accountid", map[kind]string{
		aText: "Description AccountId OpportunityId",
		texts: "ProspectIds",
	})
	taskCreate = write("accountid prospectid type activitydate", map[kind]string{
		aText:   "AccountId ProspectId OpportunityId Subtype Subject Description PersonalizedSubject PersonalizedContent",
		aNumber: "TemplateId",
		aType:   "Type",
		aFlag:   "Automatic",
		aTime:   "ActivityDate",
	})
)

func search(words map[kind]string) body { return body{known: byName(words)} }

func write(required string, words map[kind]string) body {
	return body{wrapped: true, known: byName(words), required: strings.Fields(required)}
}

func byName(words map[kind]string) map[string]kind {
	known := map[string]kind{}
	for _, k := range slices.Collect(maps.Keys(words)) {
		for name := range strings.FieldsSeq(strings.ToLower(words[k])) {
			known[name] = k
		}
	}
	return known
}
