import pytest
from tests.hub_server import DATABASES, start_hub
from hubclient.soap import Header, HubError
@pytest.mark.django_db(transaction=True, databases=DATABASES)
def test_x(tmp_path):
    with start_hub(tmp_path) as hub:
        ws, nz = hub.client("WS"), hub.client("NZ")
        print(ws.profile(), ws.active_nppos())
        h=Header("WS","NZ","851","70","WS-1")
        with pytest.raises(HubError) as e: ws.validate_and_deliver(h, b"<a>]]></a>")
        print(e.value, e.value.permanent)
        from django.conf import settings
        settings.PILOTHUB_VALIDATOR=""
        a=ws.validate_and_deliver(h, "<a>]]&gt; é\r</a>".encode()); print(a)
        print(ws.under_delivery(), nz.import_headers(), nz.pull(a.tracking_number))
        for m in ["reset_after_queueing","reset_without_queueing","bad_gateway","forbidden","fault","failed_delivery"]:
            hub.misbehave("WS",m)
            with pytest.raises(HubError) as e: ws.validate_and_deliver(h, b"<a/>")
            print(m, str(e.value)[:150], e.value.permanent, e.value.unknown)
        nz.acknowledge_with_warnings(a.tracking_number,"hm"); print(ws.tracking_info(a.tracking_number))
        with pytest.raises(HubError) as e: hub.client("XX",registered=False).profile()
        print(e.value)
