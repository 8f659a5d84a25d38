using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace K8sBackup.TestKit.ObjectGateways;

/// <summary>An HTTP proxy on a free loopback port in front of an S3 server; it misbehaves as its rules say. Thread-safe.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, MaxConnectionsPerServer = 64 });
    private readonly Uri _target;
    private readonly Lock _gate = new();
    private readonly List<(HttpFault Fault, int[] Seen)> _faults = [];
    private int _requests;
    private int _refusedTimes;

    private FaultProxy(WebApplication app, Uri target)
    {
        _app = app;
        _target = target;
    }

    /// <summary>Where clients connect.</summary>
    public Uri Endpoint => new(_app.Urls.Single());

    /// <summary>Requests that came so far.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Requests refused for the time they were signed with.</summary>
    public int RefusedTimes => Volatile.Read(ref _refusedTimes);

    public static async Task<FaultProxy> StartAsync(Uri target, params IEnumerable<HttpFault> faults)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        WebApplication app = builder.Build();
        FaultProxy proxy = new(app, target);
        foreach (HttpFault fault in faults)
        {
            proxy.Add(fault);
        }

        app.Run(proxy.HandleAsync);
        await app.StartAsync();
        return proxy;
    }

    public void Add(HttpFault fault)
    {
        lock (_gate)
        {
            _faults.Add((fault, new int[1]));
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _faults.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Crawling answers would hold a graceful stop.
        using CancellationTokenSource now = new(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _client.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        HttpFault? fault = Match(context.Request.Method, target);
        if (fault?.Kind == HttpFaultKind.Answer)
        {
            await AnswerAsync(context, fault.Status, fault.Code, fault.Body);
            return;
        }

        if (fault?.Kind == HttpFaultKind.NeverAnswer)
        {
            TaskCompletionSource gone = new();
            using CancellationTokenRegistration aborted = context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
            return;
        }

        if (fault?.Kind == HttpFaultKind.OtherClock && !IsInTime(context, fault.Ahead))
        {
            Interlocked.Increment(ref _refusedTimes);
            await AnswerAsync(context, StatusCodes.Status403Forbidden, "RequestTimeTooSkewed");
            return;
        }

        using HttpRequestMessage request = await CopyAsync(context.Request, target, fault);
        if (fault?.Kind == HttpFaultKind.EnforceOnCompletion && request.Headers.Contains("If-None-Match") && await IsThereAsync(target))
        {
            await AnswerAsync(context, StatusCodes.Status412PreconditionFailed, "PreconditionFailed");
            return;
        }

        using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        if (fault?.Kind == HttpFaultKind.LoseAnswer)
        {
            await response.Content.ReadAsByteArrayAsync();
            context.Abort();
            return;
        }

        await PassOnAsync(context, response, fault);
    }

    private HttpFault? Match(string method, string target)
    {
        lock (_gate)
        {
            HttpFault? applied = null;
            foreach ((HttpFault fault, int[] seen) in _faults)
            {
                if ((fault.Method ?? method) != method || !target.Contains(fault.Target, StringComparison.Ordinal))
                {
                    continue;
                }

                int number = seen[0]++;
                applied ??= number >= fault.Skip && number - fault.Skip < fault.Count ? fault : null;
            }

            return applied;
        }
    }

    // Says the endpoint's time in whatever the answer will be.
    private static bool IsInTime(HttpContext context, TimeSpan ahead)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow() + ahead;
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.Date = now.ToString("R", CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        });
        DateTimeOffset signed = DateTimeOffset.ParseExact(
            context.Request.Headers["x-amz-date"].ToString(), "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        return (signed - now).Duration() < TimeSpan.FromMinutes(15);
    }

    // The Host header is part of the signature, so it stays as the client sent it.
    private async Task<HttpRequestMessage> CopyAsync(HttpRequest incoming, string target, HttpFault? fault)
    {
        HttpRequestMessage request = new(new HttpMethod(incoming.Method), new Uri(_target, target));
        MemoryStream body = new();
        await incoming.Body.CopyToAsync(body);
        byte[] content = body.ToArray();
        if (fault?.Kind == HttpFaultKind.FlipSent && content.Length > 0)
        {
            content[content.Length / 2] ^= 1;
        }

        bool isSigned = fault is not { Kind: HttpFaultKind.StripHeaders or HttpFaultKind.OtherClock } and not { Kind: HttpFaultKind.FlipSent, Headers.Length: > 0 };
        request.Content = new ByteArrayContent(content);
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in incoming.Headers)
        {
            bool isStripped = (!isSigned && name == "Authorization")
                || (fault?.Kind == HttpFaultKind.StripHeaders && name.StartsWith(fault.Headers, StringComparison.OrdinalIgnoreCase));
            if (!isStripped && !request.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                request.Content.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        request.Headers.Host = incoming.Host.Value;
        return request;
    }

    private async Task<bool> IsThereAsync(string target)
    {
        using HttpRequestMessage head = new(HttpMethod.Head, new Uri(_target, target.Split('?')[0]));
        using HttpResponseMessage answer = await _client.SendAsync(head);
        return answer.IsSuccessStatusCode;
    }

    private static async Task AnswerAsync(HttpContext context, int status, string code, string? body = null)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/xml";
        await context.Response.WriteAsync(body ?? $"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>injected</Message></Error>");
    }

    private static async Task PassOnAsync(HttpContext context, HttpResponseMessage response, HttpFault? fault)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers).Where(h => h.Key is not ("Transfer-Encoding" or "Connection")))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        byte[] body = await response.Content.ReadAsByteArrayAsync();
        switch (fault?.Kind)
        {
            case HttpFaultKind.CutBody:
                await context.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2));
                await context.Response.Body.FlushAsync();
                context.Abort();
                break;
            case HttpFaultKind.CrawlBody:
                for (int i = 0; i < body.Length && !context.RequestAborted.IsCancellationRequested; i++)
                {
                    await context.Response.Body.WriteAsync(body.AsMemory(i, 1), context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                    await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, context.RequestAborted);
                }

                break;
            default:
                await context.Response.Body.WriteAsync(body);
                break;
        }
    }
}
