"""The contract this Hub answers `?wsdl` with, written from one table: types, operations, actions.

A line is a type and its children: `name:type`, `?` may be missing, `*` any number, `@` an attribute, `~` unqualified;
`> base` extends; a type of the Hub's namespace starts with h., one of HUB.Entities with e., else it is XML Schema's.
"""

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import quoteattr

from hubclient.namespaces import ACTION, ENTITIES, HUB

_CERTIFICATE: Final = "urn:un:unece:uncefact:data:standard:SPSCertificate:17"
_ACKNOWLEDGEMENT: Final = "urn:un:unece:uncefact:data:standard:SPSAcknowledgement:17"

_ENTITY_TYPES: Final = """
EnvelopeHeader = From To CertificateType:int CertificateStatus:int NPPOCertificateNumber hubDeliveryNumber? \
HUBTrackingInfo? hubDeliveryErrorMessage? Forwardings:e.ArrayOfEnvelopeForwarding?
EnvelopeForwarding = Code HubDeliveryNumber?
ArrayOfEnvelopeForwarding = EnvelopeForwarding:e.EnvelopeForwarding*
ArrayOfEnvelopeHeader = EnvelopeHeader:e.EnvelopeHeader*
Envelope > e.EnvelopeHeader = Content?
ArrayOfEnvelope = Envelope:e.Envelope*
CountryResponseEnvelope > e.EnvelopeHeader = ref:a.SPSAcknowledgement?
ePhytoEnvelope > e.EnvelopeHeader = ref:c.SPSCertificate?
Nppo = Country? Receive? Send? AllowedDocument:h.allowedDocument* Signature:h.signingCertificate? \
ChannelRules:e.ArrayOfChannelRules?
ArrayOfNppo = Nppo:e.Nppo*
ArrayOfChannelRules = ChannelRule:h.channelRule*
Channel = Code? Name? @Receive:boolean @Send:boolean
ArrayOfChannels = Channel:e.Channel*
"""
_HUB_TYPES: Final = """
HubWebException = message?
validationResult = ~area? ~field? ~level? ~msg?
certificateType = @number:int @value?
certificateStatus = @number:int @value?
allowedDocument = ~certificateType:h.certificateType? ~certificateStatus:h.certificateStatus? @active:boolean
signingCertificate = ~dn? ~certificate?
channelRule = @id:int @active:boolean @ruleType? @certificateType:int @certificateStatus:int @countryCode? @direction?
statement = ~active:boolean ~code? ~docTypeOnly:int ~lang? ~lastModified:dateTime? ~lastModifiedBy? ~text?
additionalDeclaration = ~active:boolean ~additionalCode? ~code? ~lang? ~lastModified:dateTime? ~lastModifiedBy? \
~optionalText? ~text?
treatmentType = ~active:boolean ~code? ~description? ~lang? ~lastModified:dateTime? ~lastModifiedBy? ~level:int \
~parentCode?
intendedUse = ~active:boolean ~code? ~lang? ~lastModified:dateTime? ~lastModifiedBy? ~name?
productDescription = ~active:boolean ~code? ~lang? ~lastModified:dateTime? ~lastModifiedBy? ~name?
condition = ~active:boolean ~code? ~lang? ~lastModified:dateTime? ~lastModifiedBy? ~name?
meanOfTransport = ~active:boolean ~lang? ~lastModified:dateTime? ~lastModifiedBy? ~modeCode:int? ~usedTransportMean?
packageType = ~active:boolean ~code? ~description? ~lang? ~lastModified:dateTime? ~lastModifiedBy?
pesticide = ~active:boolean ~code? ~description? ~lastModified:dateTime? ~lastModifiedBy?
unitMeasure = ~active:boolean ~code? ~lastModified:dateTime? ~lastModifiedBy? ~name? ~symbol? ~type?
"""
# operation = request | response
_OPERATIONS: Final = """
DeliverEnvelope = env:e.Envelope | DeliverEnvelopeResult:e.EnvelopeHeader?
ValidateAndDeliverEnvelope = envelope:e.Envelope | ValidateAndDeliverEnvelopeResult:e.EnvelopeHeader?
DeliverPhytoEnvelope = ePhytoEnvelope:e.ePhytoEnvelope | DeliverPhytoEnvelopeResult:e.EnvelopeHeader?
DeliverCountryResponseEnvelope = CountryResponseEnvelope:e.CountryResponseEnvelope | \
DeliverCountryResponseEnvelopeResult:e.EnvelopeHeader?
ValidatePhytoXML = ePhytoXML | ValidationResult:h.validationResult*
GetImportEnvelopeHeaders = countryCode? | GetImportEnvelopeHeadersResult:e.ArrayOfEnvelopeHeader?
PULLSingleImportEnvelope = hubTrackingNumber | PULLSingleImportEnvelopeResult:e.Envelope?
PULLImportEnvelope = | PULLImportEnvelopesResult:e.ArrayOfEnvelope?
AcknowledgeEnvelopeReceipt = hubTrackingNumber |
AdvancedAcknowledgeEnvelopeReceipt = hubTrackingNumber warningMessage | return?
AcknowledgeFailedEnvelopeReceipt = hubTrackingNumber message | return?
GetEnvelopeTrackingInfo = hubTrackingNumber | GetEnvelopeTrackingInfoResult:e.EnvelopeHeader?
GetUnderDeliveryEnvelope = | GetUnderDeliveryEnvelopeResult:e.ArrayOfEnvelopeHeader?
SetTrackingInfoUpdate = header:e.EnvelopeHeader |
GetProfile = | GetProfileResult:e.Nppo?
GetActiveNppos = | GetActiveNpposResult:e.ArrayOfNppo?
GetAvailableChannels = | GetAvailableChannelsResult:e.ArrayOfChannels?
GetStatements = | Statement:h.statement*
GetAdditionalDeclarations = | AdditionalDeclaration:h.additionalDeclaration*
GetTreatmentTypes = | TreatmentType:h.treatmentType*
GetIntendedUses = | IntendedUse:h.intendedUse*
GetProductDescriptions = | ProductDescription:h.productDescription*
GetConditions = | Condition:h.condition*
GetMeanOfTransports = | MeanOfTransport:h.meanOfTransport*
GetPackageTypes = | PackageType:h.packageType*
GetPesticides = | Pesticide:h.pesticide*
GetUnitMeasures = | UnitMeasure:h.unitMeasure*
"""
# the production Hub's contract names this action twice: a server must look at the body
_ACTIONS: Final = {"AdvancedAcknowledgeEnvelopeReceipt": "NegativeAcknowledgeEnvelopeReceipt"}


def operations() -> dict[str, tuple[str, str]]:
    """Operation name: (children of the request, children of the response), in the notation above."""
    table = {}
    for line in _OPERATIONS.strip().splitlines():
        name, _is, sides = line.partition(" =")
        request, _bar, response = sides.partition("|")
        table[name] = (request.strip(), response.strip())
    return table


def write(address: str) -> bytes:
    """The whole WSDL, for a Hub that answers at this address."""
    table = operations()
    wrappers = [
        line for name, (asks, gives) in table.items() for line in (f"{name} = {asks}", f"{name}Response = {gives}")
    ]
    elements = "".join(
        f'<x:element name="{name}" type="h:{name}"/>'
        for operation in table
        for name in (operation, f"{operation}Response")
    )
    hub = (
        elements
        + '<x:element name="HubWebException" type="h:HubWebException"/>'
        + _types([*_lines(_HUB_TYPES), *wrappers])
    )
    parts = (
        "<w:types>",
        _open_document(_ACKNOWLEDGEMENT, "SPSAcknowledgement"),
        _open_document(_CERTIFICATE, "SPSCertificate"),
        _schema(ENTITIES, _types(_lines(_ENTITY_TYPES))),
        _schema(HUB, hub),
        "</w:types>",
        "".join(_message(name, name) for operation in table for name in (operation, f"{operation}Response")),
        _message("HubWebException", "HubWebException", "HubWebException"),
        f'<w:portType name="IDeliveryService">{"".join(map(_port, table))}</w:portType>',
        '<w:binding name="DeliveryServiceSoapBinding" type="h:IDeliveryService">'
        '<s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>',
        "".join(map(_binding, table)),
        '</w:binding><w:service name="DeliveryService">'
        '<w:port name="IDeliveryServiceImplPort" binding="h:DeliveryServiceSoapBinding">',
        f"<s:address location={quoteattr(address)}/></w:port></w:service>",
    )
    return f"{_OPEN}{''.join(parts)}</w:definitions>".encode()


_OPEN: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><w:definitions name="DeliveryService"'
    f' targetNamespace="{HUB}" xmlns:h="{HUB}" xmlns:e="{ENTITIES}" xmlns:a="{_ACKNOWLEDGEMENT}" xmlns:c="{_CERTIFICATE}"'
    ' xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/"'
    ' xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:m="http://www.w3.org/2007/05/addressing/metadata">'
)


def _lines(table: str) -> list[str]:
    return table.strip().splitlines()


def _schema(namespace: str, content: str) -> str:
    others = (n for n in (HUB, ENTITIES, _ACKNOWLEDGEMENT, _CERTIFICATE) if n != namespace)
    imports = "".join(f'<x:import namespace="{other}"/>' for other in others)
    return f'<x:schema targetNamespace="{namespace}" elementFormDefault="qualified">{imports}{content}</x:schema>'


def _open_document(namespace: str, name: str) -> str:
    """A typed certificate or acknowledgement: any children. Its own schema says what it holds, not the Hub's contract."""
    anything = '<x:any minOccurs="0" maxOccurs="unbounded" processContents="lax"/>'
    content = f'<x:element name="{name}"><x:complexType><x:sequence>{anything}</x:sequence></x:complexType></x:element>'
    return _schema(namespace, content)


def _types(lines: Iterable[str]) -> str:
    return "".join(map(_type, lines))


def _type(line: str) -> str:
    head, _is, children = line.partition(" =")
    name, _extends, ancestor = head.partition(" > ")
    words = children.split()
    content = f"<x:sequence>{''.join(_child(w) for w in words if w[0] != '@')}</x:sequence>"
    content += "".join(_attribute(w) for w in words if w[0] == "@")
    if ancestor:
        base = ancestor.replace(".", ":")
        content = f'<x:complexContent><x:extension base="{base}">{content}</x:extension></x:complexContent>'
    return f'<x:complexType name="{name}">{content}</x:complexType>'


def _child(word: str) -> str:
    name, _colon, kind = word.strip("~?*").partition(":")
    occurs = ' minOccurs="0"' if word[-1] in "?*" else ""
    occurs += ' maxOccurs="unbounded"' if word[-1] == "*" else ""
    if name == "ref":
        return f'<x:element ref="{kind.replace(".", ":")}"{occurs}/>'
    form = ' form="unqualified"' if word[0] == "~" else ""
    return f'<x:element name="{name}" type="{_qualified(kind)}"{occurs}{form}/>'


def _attribute(word: str) -> str:
    name, _colon, kind = word.strip("@?").partition(":")
    use = "" if word[-1] == "?" else ' use="required"'
    return f'<x:attribute name="{name}" type="{_qualified(kind)}"{use}/>'


def _qualified(kind: str) -> str:
    return kind.replace(".", ":") if "." in kind else f"x:{kind or 'string'}"


def _message(name: str, element: str, part: str = "parameters") -> str:
    return f'<w:message name="{name}"><w:part name="{part}" element="h:{element}"/></w:message>'


def _port(name: str) -> str:
    action = ACTION + _ACTIONS.get(name, name)
    return (
        f'<w:operation name="{name}"><w:input message="h:{name}" m:Action="{action}"/>'
        f'<w:output message="h:{name}Response" m:Action="{ACTION}{name}Response"/>'
        '<w:fault name="HubWebException" message="h:HubWebException"/></w:operation>'
    )


def _binding(name: str) -> str:
    literal = '<s:body use="literal"/>'
    return (
        f'<w:operation name="{name}"><s:operation soapAction="{ACTION}{_ACTIONS.get(name, name)}" style="document"/>'
        f"<w:input>{literal}</w:input><w:output>{literal}</w:output>"
        '<w:fault name="HubWebException"><s:fault name="HubWebException" use="literal"/></w:fault></w:operation>'
    )
