using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Access;
using K8sBackup.FakeKube.Faults;
using K8sBackup.FakeKube.Objects;
using Microsoft.AspNetCore.Http;

namespace K8sBackup.FakeKube.Serving;

/// <summary>What happens to every request: faults on command, who it is, what it is about, and errors as a Status.</summary>
internal sealed class RequestPipeline
{
    private readonly Accounts _accounts;
    private readonly ServerIdentity _identity;
    private readonly FaultPlan _faults;
    private readonly ResourceEndpoint _resources;
    private readonly DiscoveryEndpoint _discovery;
    private readonly ControlEndpoint _control;
    private readonly Action<string> _note;
    private readonly Action<string> _refused;

    public RequestPipeline(
        Accounts accounts, ServerIdentity identity, FaultPlan faults, ResourceEndpoint resources, DiscoveryEndpoint discovery, ControlEndpoint control, Action<string> note, Action<string> refused)
    {
        _accounts = accounts;
        _identity = identity;
        _faults = faults;
        _resources = resources;
        _discovery = discovery;
        _control = control;
        _note = note;
        _refused = refused;
    }

    public async Task HandleAsync(HttpContext context)
    {
        string path = context.Request.Path + context.Request.QueryString;
        _note($"{context.Request.Method} {path}");
        ApiFaultRule? fault = _faults.Next(context.Request.Method, path);
        if (fault is { AfterTheWork: false })
        {
            await FailAsync(context, fault);
            return;
        }

        if (fault is not null)
        {
            // The work is done, and nobody hears of it.
            Stream wire = context.Response.Body;
            context.Response.Body = Stream.Null;
            await AnswerAsync(context);
            context.Response.Body = wire;
            context.Response.Clear();
            await FailAsync(context, fault);
            return;
        }

        await AnswerAsync(context);
    }

    private static async Task FailAsync(HttpContext context, ApiFaultRule fault)
    {
        if (fault.Code == 0)
        {
            context.Abort();
            return;
        }

        if (fault.RetryAfterAt is { } at)
        {
            context.Response.Headers.RetryAfter = at.ToString("R", CultureInfo.InvariantCulture);
        }

        ApiFaultException answer = new(fault.Code, fault.Code == 429 ? "TooManyRequests" : "InternalError", "on command") { RetryAfterSeconds = fault.RetryAfterSeconds };
        await WriteAsync(context, answer);
    }

    private static async Task WriteAsync(HttpContext context, ApiFaultException fault)
    {
        if (fault.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = $"{seconds}";
        }

        await ResourceEndpoint.WriteAsync(context, fault.Code, fault.ToStatus());
    }

    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            RequireRight(RequireUser(context), context.Request);
            string path = context.Request.Path.Value!;
            switch (path)
            {
                case "/version":
                    await ResourceEndpoint.WriteAsync(context, 200, new JsonObject { ["major"] = "1", ["minor"] = "34", ["gitVersion"] = "v1.34.0-fake" });
                    break;
                case "/readyz" or "/livez" or "/healthz":
                    await context.Response.WriteAsync("ok", context.RequestAborted);
                    break;
                case "/apis/authentication.k8s.io/v1/tokenreviews" when context.Request.Method == "POST":
                    await ResourceEndpoint.WriteAsync(context, 201, _accounts.ReviewToken(await ResourceEndpoint.ReadAsync(context)));
                    break;
                case "/apis/authorization.k8s.io/v1/subjectaccessreviews" when context.Request.Method == "POST":
                    await ResourceEndpoint.WriteAsync(context, 201, _accounts.ReviewAccess(await ResourceEndpoint.ReadAsync(context)));
                    break;
                case not null when path.StartsWith("/fake/", StringComparison.Ordinal):
                    await _control.HandleAsync(context, path["/fake/".Length..]);
                    break;
                case not null when context.Request.Method == "GET" && _discovery.Answer(path) is { } answer:
                    await ResourceEndpoint.WriteAsync(context, 200, answer);
                    break;
                default:
                    await _resources.HandleAsync(context);
                    break;
            }
        }
        catch (ApiFaultException fault)
        {
            await WriteAsync(context, fault);
        }
    }

    /// <summary>Null for who has a certificate.</summary>
    private KnownToken? RequireUser(HttpContext context)
    {
        bool hasToken = AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization.ToString(), out AuthenticationHeaderValue? header)
            && header is { Scheme: "Bearer", Parameter.Length: > 0 };
        KnownToken? user = hasToken ? _accounts.Authenticate(header!.Parameter!) : null;
        if (hasToken ? user is null : context.Connection.ClientCertificate is not { } certificate || !_identity.HasIssued(certificate))
        {
            throw new ApiFaultException(401, "Unauthorized", "Unauthorized");
        }

        return user;
    }

    private void RequireRight(KnownToken? user, HttpRequest request)
    {
        if (user is { IsLimited: true } && AccessQuestion.Of(request).FirstOrDefault(each => !_accounts.May(user.Username, each)) is { } question)
        {
            string message = $"{question.Resource} is forbidden: User \"{user.Username}\" cannot {question}";
            _refused(message);
            throw new ApiFaultException(403, "Forbidden", message);
        }
    }
}
