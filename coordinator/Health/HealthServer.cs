using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Metrics;
using K8sBackup.Transport.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace K8sBackup.Coordinator.Health;

/// <summary>
/// Answers probes over plain HTTP from the first moment to the last: <c>/livez</c> as long as the process can answer, <c>/readyz</c> while
/// this coordinator serves, or waits to take over from one that leads; <c>/metrics</c> says what is measured. Where it listens is in
/// <c>health-address</c> of the state directory.
/// </summary>
public sealed class HealthServer : IAsyncDisposable
{
    /// <summary>Where metrics are.</summary>
    public const string MetricsPath = "/metrics";

    private const int ConnectionsMax = 64;

    private readonly WebApplication _app;
    private volatile Readiness _readiness;
    private volatile MetricsPage _metrics = MetricsPage.Waiting;

    private HealthServer(CoordinatorOptions options)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(options.Health!);
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>Starts answering; null when no address is configured.</summary>
    public static async Task<HealthServer?> StartAsync(CoordinatorOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Health is null)
        {
            return null;
        }

        HealthServer server = new(options);
        await server._app.StartAsync(cancellationToken);
        Uri address = new(server._app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());
        PrivateFiles.CreateDirectory(options.State);
        string path = Path.Combine(options.State, "health-address");
        await File.WriteAllTextAsync(path + ".new", address.Authority + "\n", cancellationToken);
        File.Move(path + ".new", path, overwrite: true);
        return server;
    }

    /// <summary>Says how far this coordinator is before it has a host.</summary>
    public void Say(Readiness readiness) => _readiness = readiness;

    /// <summary>Serving, and leading in the metrics, from when the host has started to when it begins to stop.</summary>
    public void Follow(IHostApplicationLifetime lifetime, MetricsPage metrics)
    {
        ArgumentNullException.ThrowIfNull(lifetime);
        ArgumentNullException.ThrowIfNull(metrics);
        lifetime.ApplicationStarted.Register(() => (_readiness, _metrics) = (Readiness.Serving, metrics));
        lifetime.ApplicationStopping.Register(() => (_readiness, _metrics) = (Readiness.Unready, MetricsPage.Waiting));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private Task AnswerAsync(HttpContext context)
    {
        (int status, string text) = context.Request.Path.Value switch
        {
            "/livez" => (StatusCodes.Status200OK, "ok\n"),
            "/readyz" => _readiness switch
            {
                Readiness.Serving => (StatusCodes.Status200OK, "ok\n"),
                Readiness.Waiting => (StatusCodes.Status200OK, "another leads; waiting to take over\n"),
                _ => (StatusCodes.Status503ServiceUnavailable, "not started\n"),
            },
            MetricsPath => (StatusCodes.Status200OK, _metrics.Read()),
            _ => (StatusCodes.Status404NotFound, "not here\n"),
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = MetricText.ContentType;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
