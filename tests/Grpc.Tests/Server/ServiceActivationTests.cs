using Grpc.Core;
using K8sBackup.Grpc.Tests.Interop.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Net = Grpc.Net.Client;

namespace K8sBackup.Grpc.Tests.Server;

/// <summary>How services come to be: per call by injection, or as registered.</summary>
public sealed class ServiceActivationTests
{
    [Fact]
    public async Task MapGrpcService_NotRegistered_IsMadeAndDisposedPerCall()
    {
        CountingService.Reset();

        Assert.Equal(["1", "2"], await CallTwiceAsync(_ => { }));
        Assert.Equal((2, 2), (CountingService.Made, CountingService.Disposed));
    }

    [Fact]
    public async Task MapGrpcService_Singleton_IsOneForAllCalls()
    {
        CountingService.Reset();

        Assert.Equal(["1", "1"], await CallTwiceAsync(services => services.AddSingleton<CountingService>()));
        Assert.Equal(1, CountingService.Made);
    }

    [Fact]
    public async Task MapGrpcService_NoGeneratedBase_Throws()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        await using var application = builder.Build();

        Assert.Throws<InvalidOperationException>(application.MapGrpcService<ServiceActivationTests>);
    }

    [Fact]
    public async Task MapGrpcService_TwoServices_ConventionsStayOpen()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        await using var application = builder.Build();
        var first = application.MapGrpcService<CountingService>();
        application.MapGrpcService<OtherService>();

        first.Add(endpoint => endpoint.Metadata.Add("added late"));
    }

    private static async Task<string[]> CallTwiceAsync(Action<IServiceCollection> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc(options => options.EnableDetailedErrors = true);
        configure(builder.Services);
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        await using var application = builder.Build();
        application.MapGrpcService<CountingService>();
        await application.StartAsync();
        using var channel = Net.GrpcChannel.ForAddress(application.Urls.Single());
        var client = new Echo.EchoClient(channel);
        var first = await client.UnaryAsync(new EchoRequest());
        var second = await client.UnaryAsync(new EchoRequest());
        channel.Dispose();
        await application.StopAsync();
        return [first.Text, second.Text];
    }

    private sealed class CountingService : Echo.EchoBase, IDisposable
    {
        private static int _made;
        private static int _disposed;

        private readonly int _number = Interlocked.Increment(ref _made);

        public static int Made => _made;

        public static int Disposed => _disposed;

        public static void Reset() => (_made, _disposed) = (0, 0);

        public override Task<EchoReply> Unary(EchoRequest request, ServerCallContext context)
        {
            Assert.Equal("/k8sbackup.test.echo.Echo/Unary", context.Method);
            Assert.Equal(context.Method, context.GetHttpContext().Request.Path.Value);
            Assert.Equal(HttpProtocol.Http2, context.GetHttpContext().Request.Protocol);
            Assert.Equal(DateTime.MaxValue, context.Deadline);
            Assert.StartsWith("ipv4:127.0.0.1:", context.Peer, StringComparison.Ordinal);
            return Task.FromResult(new EchoReply { Text = $"{_number}" });
        }

        public void Dispose() => Interlocked.Increment(ref _disposed);
    }

    private sealed class OtherService : Echo.EchoBase;
}
