using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Objects;
using K8sBackup.FakeKube.Storing;

namespace K8sBackup.FakeKube.Access;

/// <summary>Who is known by which token, and who may what. Thread-safe.</summary>
internal sealed class Accounts
{
    /// <summary>For whom tokens are that name nobody.</summary>
    public const string ApiAudience = "https://kubernetes.default.svc";

    private readonly ConcurrentDictionary<string, KnownToken> _tokens = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<AccessRule> _rules = [];
    private readonly ClusterStore _store;
    private readonly TimeProvider _clock;

    public Accounts(ClusterStore store, TimeProvider clock)
    {
        _store = store;
        _clock = clock;
    }

    public void Add(string token, KnownToken whose) => _tokens[token] = whose;

    public void Remove(string token) => _tokens.TryRemove(token, out _);

    public void Allow(AccessRule rule) => _rules.Add(rule);

    /// <summary>Whose request it is; null when the token is not good here.</summary>
    public KnownToken? Authenticate(string token, string audience = ApiAudience)
    {
        if (!_tokens.TryGetValue(token, out KnownToken? known)
            || known.ExpiresAt <= _clock.GetUtcNow()
            || !(known.Audiences.Count == 0 ? audience == ApiAudience : known.Audiences.Contains(audience)))
        {
            return null;
        }

        string[] pod = known.BoundPod.Split('/');
        return pod.Length == 3 && _store.Find(_store.FindType("", "v1", "pods")!, pod[0], pod[1])?.Uid() != pod[2] ? null : known;
    }

    /// <summary>Whether a rule allows it.</summary>
    public bool May(string user, AccessQuestion question) => _rules.Any(rule =>
        Fits(rule.User, user) && Fits(rule.Verb, question.Verb) && Fits(rule.Group, question.Group)
        && Fits(rule.Resource, question.Resource) && Fits(rule.Namespace, question.Namespace) && Fits(rule.Name, question.Name));

    public JsonObject ReviewToken(JsonObject review)
    {
        string token = (string?)review["spec"]?["token"] ?? "";
        string[] asked = review["spec"]?["audiences"] is JsonArray { Count: > 0 } list ? [.. list.Select(a => (string)a!)] : [ApiAudience];
        string[] good = [.. asked.Where(audience => Authenticate(token, audience) is not null)];
        JsonObject status = good.Length == 0
            ? new JsonObject { ["user"] = new JsonObject(), ["error"] = "[invalid bearer token, token lookup failed]" }
            : new JsonObject
            {
                ["authenticated"] = true,
                ["user"] = User(_tokens[token]),
                ["audiences"] = new JsonArray([.. good.Select(a => (JsonNode)a)]),
            };
        JsonObject answer = review.Copy();
        answer["status"] = status;
        return answer;
    }

    public JsonObject ReviewAccess(JsonObject review)
    {
        JsonObject spec = review["spec"]?.AsObject() ?? [];
        JsonObject? wanted = spec["resourceAttributes"] as JsonObject;
        if (((string?)spec["user"] ?? "").Length == 0 && spec["groups"] is not JsonArray { Count: > 0 })
        {
            throw new ApiFaultException(422, "Invalid", "at least one of user or group must be specified") { Causes = [("spec.user", "FieldValueRequired", "Required value")] };
        }

        bool isMaster = (spec["groups"] as JsonArray)?.Any(group => (string?)group == "system:masters") == true;
        string Wanted(string field) => (string?)wanted![field] ?? "";
        bool allowed = wanted is not null
            && (isMaster || May((string?)spec["user"] ?? "", new AccessQuestion(Wanted("verb"), Wanted("group"), Wanted("resource"), Wanted("namespace"), Wanted("name"))));
        JsonObject answer = review.Copy();
        answer["status"] = new JsonObject { ["allowed"] = allowed };
        return answer;
    }

    private static bool Fits(string pattern, string value) => pattern == "*" || pattern == value;

    private static JsonObject User(KnownToken known) => new()
    {
        ["username"] = known.Username,
        ["uid"] = known.Uid,
        ["groups"] = new JsonArray([.. known.Groups.Select(g => (JsonNode)g)]),
        ["extra"] = new JsonObject(known.Extra.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)new JsonArray([.. e.Value.Select(v => (JsonNode)v)])))),
    };
}
